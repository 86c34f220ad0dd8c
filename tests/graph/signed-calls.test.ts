import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wholeTenantIdentity } from "#tests/harness/whole-tenant-identity.ts";
import type { RequestContext } from "#lib/request-context.ts";
import { signContext } from "#lib/signed-context.ts";
import { listenSubgraph, type RunningServer } from "#lib/subgraph-server.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { fleetOf, insertFleet } from "./rows.ts";

const key = "the key of both sides";
const fleet = fleetOf(1);
const documents: Record<string, object> = {
  "a field": { query: "{ vms { totalCount } }" },
  _service: { query: "{ _service { sdl } }" },
  _entities: {
    query: "query ($representations: [_Any!]!) { _entities(representations: $representations) { __typename } }",
    variables: { representations: [{ __typename: "Vm", id: fleet.id("vm") }] },
  },
};

let product: TestProduct;
let server: RunningServer;

beforeAll(async () => {
  product = await bootProduct({ tenantId: fleet.tenantId });
  await insertFleet(product.urls, 1, 1);
  const vms = product.subgraphs.find(({ name }) => name === "vms");
  if (!vms) throw new Error("There is no vms subgraph.");
  server = await listenSubgraph(vms, key, "127.0.0.1", 0);
});
afterAll(async () => {
  await server.close();
  await product.stop();
});

const context = (deadline = Date.now() + 10_000): RequestContext => ({
  identity: wholeTenantIdentity(fleet.tenantId, fleet.id("user")),
  requestId: "request",
  deadline,
});

async function call(body: string, headers: Record<string, string>) {
  const response = await fetch(server.url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });
  const text = await response.text();
  return { status: response.status, text, answer: text.startsWith("{") ? JSON.parse(text) : undefined };
}

const signed = (body: string) => call(body, signContext(key, "vms", context(), body));

describe.each(Object.entries(documents))("attack 9: a subgraph asked over HTTP for %s", (_what, document) => {
  const body = JSON.stringify(document);

  it("answers a call that is signed for it", async () => {
    const { status, answer } = await signed(body);
    expect(status).toBe(200);
    expect(answer.errors).toBeUndefined();
  });

  it.each<[string, () => Record<string, string>]>([
    ["is not signed", () => ({})],
    ["is signed with another key", () => signContext("another key", "vms", context(), body)],
    ["is signed for another subgraph", () => signContext(key, "auth", context(), body)],
    ["is signed over another body", () => signContext(key, "vms", context(), `${body} `)],
    ["is past its deadline", () => signContext(key, "vms", context(Date.now() - 6_000), body)],
    ["has no signature", () => ({ ...signContext(key, "vms", context(), body), "x-novacron-signature": "" })],
    [
      "has half a signature",
      () => {
        const headers = signContext(key, "vms", context(), body);
        return { ...headers, "x-novacron-signature": headers["x-novacron-signature"]?.slice(0, 20) ?? "" };
      },
    ],
    [
      "has another context than the signed one",
      () => {
        const other = { ...context(), identity: wholeTenantIdentity(fleetOf(2).tenantId, fleet.id("user")) };
        const encoded = Buffer.from(JSON.stringify(other)).toString("base64url");
        return { ...signContext(key, "vms", context(), body), "x-novacron-context": encoded };
      },
    ],
    [
      "carries an identity in a header of its own",
      () => ({ "x-user-id": fleet.id("user"), "x-tenant-id": fleet.tenantId, authorization: "Bearer x" }),
    ],
    [
      "is signed for a tenant that is none",
      () => signContext(key, "vms", { ...context(), identity: { ...context().identity, tenantId: "*" } }, body),
    ],
  ])("refuses a call that %s", async (_why, headers) => {
    const { status, answer } = await call(body, headers());
    expect(status).toBe(401);
    expect(answer).toEqual({
      errors: [{ message: "This service answers signed calls only.", extensions: { code: "UNAUTHENTICATED" } }],
    });
  });
});

describe("attack 19: references", () => {
  const entities = (count: number) =>
    JSON.stringify({
      query: "query ($representations: [_Any!]!) { _entities(representations: $representations) { __typename } }",
      variables: { representations: Array.from({ length: count }, () => ({ __typename: "Vm", id: fleet.id("vm") })) },
    });

  it("are answered up to a thousand in a call", async () => {
    const { answer } = await signed(entities(1_000));
    expect(answer.data._entities).toHaveLength(1_000);
  });

  it.each([1_001, 10_000])("are refused when they are %i", async (count) => {
    const { answer } = await signed(entities(count));
    expect(answer.data ?? null).toBeNull();
    expect(answer.errors).toHaveLength(1);
    expect(answer.errors[0]).toMatchObject({ extensions: { code: "BAD_USER_INPUT", argument: "representations" } });
  });
});

describe("a subgraph's HTTP face", () => {
  it("serves nothing but its endpoint and its health", async () => {
    expect((await fetch(server.url)).status).toBe(404);
    expect((await fetch(new URL("/", server.url), { method: "POST" })).status).toBe(404);
    expect((await fetch(new URL("/health/live", server.url))).status).toBe(200);
  });

  it("refuses a body of 5 MB, and the connection it came on", async () => {
    const body = JSON.stringify({ query: "{ __typename }", variables: { x: "x".repeat(5 * 2 ** 20) } });
    const response = await fetch(server.url, {
      method: "POST",
      body,
      headers: signContext(key, "vms", context(), body),
    });
    expect(response.status).toBe(413);
    expect(response.headers.get("connection")).toBe("close");
  });

  it("says nothing of itself when a signed call is no GraphQL", async () => {
    for (const body of ["", "no JSON", "null", "{}", '{"query": 5}', '{"query": "qwerty cop { abc }"}']) {
      const { text } = await signed(body);
      expect(text, body).not.toMatch(/node_modules|\.ts|at Object|SyntaxError|Cannot read/);
      expect(JSON.parse(text).errors.length, body).toBeGreaterThan(0);
    }
  });
});
