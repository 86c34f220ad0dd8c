import { beforeEach, describe, expect, it } from "vitest";
import { Documents } from "#gateway/documents/documents.ts";
import { hashOf, readManifest } from "#gateway/documents/manifest.ts";
import { defaultLimits } from "#gateway/limits/limits.ts";
import { order } from "./orders.ts";
import { as, numbers, OrdersGateway, query } from "./orders-gateway.ts";
import { RawClient, subscribe } from "./raw-client.ts";
import { until } from "./until.ts";

let gateway: OrdersGateway;
beforeEach(async () => {
  gateway = await OrdersGateway.started();
  return () => gateway.stop();
});

describe("an operation over a socket", () => {
  const long = `{ ${"order { number } ".repeat(700)} }`;
  const aliases = `{ ${Array.from({ length: 31 }, (_, at) => `a${at}: __typename`).join(" ")} }`;
  const known = "subscription Known { ordered { number } }";

  it.each([
    [
      "two operations without a name",
      "query A { order { number } } query B { order { number } }",
      {},
      "OPERATION_RESOLUTION_FAILURE",
    ],
    ["no document", undefined, {}, "BAD_REQUEST"],
    ["an invalid document", "subscription {", {}, "GRAPHQL_PARSE_FAILED"],
    ["an unknown field", "subscription { nothing }", {}, "GRAPHQL_VALIDATION_FAILED"],
    [
      "two root fields in one subscription",
      "subscription { ordered { number } b: ordered { number } }",
      {},
      "GRAPHQL_VALIDATION_FAILED",
    ],
    ["too many tokens", long, {}, "TOKEN_LIMIT_EXCEEDED"],
    ["too many aliases", aliases, {}, "ALIAS_LIMIT_EXCEEDED"],
    [
      "a variable of the wrong type",
      "subscription ($shop: ID) { ordered(shop: $shop) { number } }",
      { variables: { shop: {} } },
      "BAD_USER_INPUT",
    ],
    [
      "a list that is too long",
      "subscription ($shop: ID) { ordered(shop: $shop) { number } }",
      { variables: { shop: Array(101).fill("x") } },
      "LIST_LIMIT_EXCEEDED",
    ],
    ["an invalid cursor", query, { extensions: { after: "x" } }, "POSITION_INVALID"],
    ["an unknown document id", undefined, { documentId: `sha256:${"0".repeat(64)}` }, "DOCUMENT_UNKNOWN"],
  ])("is refused as over HTTP, and the socket stays open: %s", async (_what, text, more, code) => {
    const client = new RawClient(gateway.wsUrl);
    await client.connect(
      as(),
      { id: "1", type: "subscribe", payload: { ...more, query: text } },
      subscribe("2", query),
    );
    await until(() => client.of("error", "1").length === 1);
    expect(client.of("error", "1")[0]?.payload).toMatchObject([{ extensions: { code } }]);
    const payload = { ...more, query: text ?? null };
    const response = await fetch(gateway.url, {
      method: "POST",
      headers: { "content-type": "application/json", ...as() },
      body: JSON.stringify(payload),
    });
    const overHttp = (await response.json()) as { errors: { extensions: { code: string } }[] };
    // Over HTTP a valid subscription is refused because it is one.
    expect([code, "BAD_REQUEST"]).toContain(overHttp.errors[0]?.extensions.code);
    gateway.log.append(order(1));
    await until(() => numbers(client, "2").length === 1);
    expect(client.of("next", "1")).toEqual([]);
  });

  it("attack 60: of a client limited to known documents must be one of them, by its id or its text", async () => {
    await gateway.stop();
    const manifest = readManifest(JSON.stringify({ [hashOf(known)]: known }));
    await gateway.start(
      {},
      { documents: new Documents({ anonymous: "open", api_key: "ids", session: "safelist" }, manifest) },
    );
    const client = new RawClient(gateway.wsUrl);
    await client.connect(as(), subscribe("other", query), subscribe("text", known), {
      id: "id",
      type: "subscribe",
      payload: { documentId: `sha256:${hashOf(known)}` },
    });
    await until(() => client.of("error", "other").length === 1 && client.of("ping").length >= 2);
    expect(client.of("error", "other")[0]?.payload).toMatchObject([{ extensions: { code: "DOCUMENT_NOT_ALLOWED" } }]);
    gateway.log.append(order(1));
    await until(() => numbers(client, "text").length === 1 && numbers(client, "id").length === 1);
  });

  it("that costs too much is refused", async () => {
    await gateway.restart({}, { limits: { ...defaultLimits, cost: 1 } });
    const client = new RawClient(gateway.wsUrl);
    await client.connect(as(), subscribe("1", query));
    await until(() => client.of("error", "1").length === 1);
    expect(client.of("error", "1")[0]?.payload).toMatchObject([{ extensions: { code: "QUERY_TOO_EXPENSIVE" } }]);
  });
});
