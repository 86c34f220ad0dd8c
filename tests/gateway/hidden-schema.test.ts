import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GatewayServer } from "#gateway/http/server.ts";
import { json, startHello } from "./hello-gateway.ts";

describe("a gateway that does not show its schema", () => {
  let closed: GatewayServer;
  beforeAll(async () => {
    closed = await startHello(false);
  });
  afterAll(() => closed.close());
  const messages = async (query: string): Promise<string> => {
    const response = await fetch(closed.url, { method: "POST", headers: json, body: JSON.stringify({ query }) });
    const { errors = [] } = (await response.json()) as { errors?: { message: string }[] };
    return errors.map(({ message }) => message).join(" ");
  };

  it("attack 1: does not return it, and no error helps to guess it", async () => {
    const ask = async (query: string) =>
      (await fetch(closed.url, { method: "POST", headers: json, body: JSON.stringify({ query }) })).text();
    for (const query of ["{ __schema { types { name } } }", '{ __type(name: "Query") { name } }'])
      expect(await ask(query)).toContain("GRAPHQL_VALIDATION_FAILED");
    for (const query of ["{ helo }", '{ hello(nme: "x") }', "query ($x: Strin) { hello(name: $x) }"]) {
      expect(await ask(query)).toContain("GRAPHQL_VALIDATION_FAILED");
      expect(await ask(query)).not.toContain("Did you mean");
    }
    expect(await ask("{ __typename }")).toContain("Query");
  });

  it.each([
    ["a field", "{ helo }", "helo"],
    ["an argument", "{ hello(nam: 1) }", "nam"],
    ["a type", "query ($name: Strin) { hello(name: $name) }", "Strin"],
  ])("attack 4: does not suggest the right name for a misspelled one: %s", async (_what, query, misspelled) => {
    expect(await messages(query)).toContain(`"${misspelled}"`);
    expect(await messages(query)).not.toContain("Did you mean");
  });

  it.each([
    "query @skip { __typename }",
    "query @deprecated { __typename }",
    "{ hello @unknown }",
    "{ hello @include }",
  ])("attack 5: reports a wrong directive with a message that does not identify the engine: %s", async (query) => {
    expect(await messages(query)).toMatch(
      /^(A directive is unknown, in a place where it is not allowed, or lacks an argument. ?)+$/,
    );
  });
});
