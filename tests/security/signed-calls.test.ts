import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { domains } from "#db/columns.ts";
import { wholeTenantIdentity } from "#tests/harness/whole-tenant-identity.ts";
import type { Key, Keyring } from "#lib/trust/keyring.ts";
import { Replaceable } from "#lib/replaceable.ts";
import type { Identity, RequestContext } from "#lib/trust/request-context.ts";
import { newOperationId } from "#lib/operations/operation-id.ts";
import { callerKeys } from "#lib/trust/call-keys.ts";
import { verifyContext } from "#lib/trust/signed-context.ts";
import { listenSubgraph, type RunningServer } from "#lib/subgraph/server.ts";
import { listeningOf } from "#tests/harness/call-keys.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { insertFleet } from "#tests/graph/rows.ts";
import { forged } from "./forged-calls.ts";
import {
  callAt,
  context,
  contextHeader,
  documents,
  fleet,
  headersFor,
  keys,
  type SentHeaders,
  signatureHeader,
  signedWith,
  trusted,
} from "./signed-calls.ts";

let product: TestProduct;
let server: RunningServer;

beforeAll(async () => {
  product = await bootProduct({ tenantId: fleet.tenantId });
  await insertFleet(product.urls, 1, 1);
  const vms = product.subgraphs.find(({ name }) => name === "vms");
  if (!vms) throw new Error("There is no vms subgraph.");
  server = await listenSubgraph(listeningOf(product, vms, keys), "127.0.0.1", 0);
});
afterAll(async () => {
  await server.close();
  await product.stop();
});

const call = (body: string, headers: SentHeaders, url = server.url) => callAt(body, headers, url);
const signed = (body: string) => call(body, headersFor(body));

describe.each(Object.entries(documents))("attacks 9 and 45: a subgraph called over HTTP for %s", (_what, document) => {
  const body = JSON.stringify(document);

  it.each<[string, Keyring]>([
    ["the newest key", keys],
    ["the previous key, which other callers still use", [keys[1]]],
  ])("answers a call that is signed with %s", async (_which, signing) => {
    const { status, answer } = await call(body, headersFor(body, { keys: signing }));
    expect(status).toBe(200);
    expect(answer.errors).toBeUndefined();
  });

  it.each(Object.entries(forged))("refuses a call that %s", async (_why, headers) => {
    const { status, answer } = await call(body, headers(body));
    expect(status).toBe(401);
    expect(answer).toEqual({
      errors: [{ message: "This service answers signed calls only.", extensions: { code: "UNAUTHENTICATED" } }],
    });
  });
});

describe("attack 45: a call that a caller made up", () => {
  it("is not even parsed when its headers are longer than the server accepts", async () => {
    const body = JSON.stringify(documents["a field"]);
    const { status, text } = await call(body, { ...headersFor(body), "x-more": "A".repeat(17_000) });
    expect([status, text]).toEqual([431, ""]);
    expect((await signed(body)).status).toBe(200);
  });

  it("is refused and never causes an exception, whatever the two headers hold", () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.base64String(), fc.json().map(btoaUrl), fc.string());
    const values = fc.oneof(fc.constant(undefined), fc.array(text, { maxLength: 3 }));
    fc.assert(
      fc.property(values, values, fc.string(), (contexts, signatures, body) => {
        const headers = { [contextHeader]: contexts, [signatureHeader]: signatures };
        expect(verifyContext(trusted, "vms", headers, body)).toHaveProperty("refused");
      }),
      { numRuns: 2_000 },
    );
  });

  it("is refused when one bit of a signed call is changed", () => {
    const body = JSON.stringify(documents["a field"]);
    const headers = headersFor(body);
    const all = [headers[contextHeader] ?? "", headers[signatureHeader] ?? "", body];
    fc.assert(
      fc.property(fc.nat(2), fc.nat(), fc.nat(6), (part, at, bit) => {
        const changed = all.map((text, index) => (index === part ? flip(text, at % text.length, bit) : text));
        const [encoded = "", mac = "", sent = ""] = changed;
        const result = verifyContext(trusted, "vms", { [contextHeader]: [encoded], [signatureHeader]: [mac] }, sent);
        expect(result).toHaveProperty("refused");
      }),
      { numRuns: 2_000 },
    );
  });

  it("is never signed by the product itself: a context that no subgraph would accept is an error at once", () => {
    const permissions = Array.from({ length: 2_000 }, (_, index) => `resource${index}:read`);
    const identity = { ...context().identity, permissions };
    expect(() => headersFor("", { context: { ...context(), identity } })).toThrow("The context of a call holds");
  });
});

const btoaUrl = (text: string) => Buffer.from(text).toString("base64url");
const flip = (text: string, at: number, bit: number) =>
  text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << bit)) + text.slice(at + 1);

describe("case G48: the key of an issuer", () => {
  const body = JSON.stringify(documents["a field"]);
  const of = (issuer: string, identity: Identity, signing = issuer, more: Partial<RequestContext> = {}) => {
    const ring: Keyring = [{ id: "1", secret: `the own key of ${signing}, of 32 characters or more` }];
    const known = ["gateway", "jobs"].flatMap((each) =>
      callerKeys(each, [{ id: "1", secret: `the own key of ${each}, of 32 characters or more` }], "vms"),
    );
    const headers = headersFor(body, { issuer, keys: ring, context: { ...context(), ...more, identity } });
    const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
    return verifyContext(known, "vms", sent, body);
  };
  const user = wholeTenantIdentity(fleet.tenantId, fleet.id("user"));
  const jobs: Identity = { kind: "service", id: "jobs", tenantId: fleet.tenantId, permissions: [] };

  it("signs as this issuer and as no other", () => {
    expect(of("gateway", user)).toMatchObject({ issuer: "gateway", context: { identity: user } });
    expect(of("gateway", user, "jobs")).toEqual({ refused: "wrong signature" });
    expect(of("jobs", jobs, "gateway")).toEqual({ refused: "wrong signature" });
    expect(of("scheduler", { ...jobs, id: "scheduler" })).toEqual({ refused: "unknown key" });
  });

  it("lets a service act only as itself; only the gateway acts as its clients", () => {
    expect(of("jobs", jobs)).toMatchObject({ issuer: "jobs", context: { identity: jobs } });
    expect(of("jobs", user)).toEqual({ refused: "another's identity" });
    expect(of("jobs", { ...jobs, id: "gateway" })).toEqual({ refused: "another's identity" });
    expect(of("gateway", jobs)).toEqual({ refused: "another's identity" });
  });

  it("gives a service no permissions", () => {
    expect(of("jobs", { ...jobs, permissions: ["*"] })).toEqual({ refused: "another's identity" });
    expect(of("gateway", { ...jobs, id: "gateway", permissions: ["vm:read"] })).toEqual({
      refused: "another's identity",
    });
  });

  it("lets a service state the actor that it works for, and the gateway none for its clients", () => {
    const onBehalfOf = `user:${fleet.id("user")}`;
    expect(of("jobs", jobs, "jobs", { onBehalfOf })).toMatchObject({ context: { identity: jobs, onBehalfOf } });
    expect(of("gateway", user, "gateway", { onBehalfOf })).toEqual({ refused: "another's identity" });
    expect(of("jobs", jobs, "jobs", { onBehalfOf: "user:a b" })).toEqual({ refused: "malformed" });
  });

  it("lets a service state the operation that it works for, and the gateway none for its clients", () => {
    const operationId = newOperationId("vms");
    expect(of("jobs", jobs, "jobs", { operationId })).toMatchObject({ context: { identity: jobs, operationId } });
    expect(of("gateway", user, "gateway", { operationId })).toEqual({ refused: "another's identity" });
    expect(of("jobs", jobs, "jobs", { operationId: "1" })).toEqual({ refused: "malformed" });
  });

  it.each(domains.filter((domain) => domain !== "vms"))(
    "that the %s subgraph knows cannot call the vms subgraph as the gateway",
    async (domain) => {
      for (const key of callerKeys("gateway", keys, domain)) {
        const asGateway = headersFor(body, { keys: [key] });
        expect((await call(body, asGateway)).status).toBe(401);
        const claims = headersFor(body)[contextHeader] ?? "";
        expect((await call(body, signedWith(key, claims, body))).status).toBe(401);
      }
    },
  );

  it("is replaced while the subgraph runs", async () => {
    const vms = product.subgraphs.find(({ name }) => name === "vms");
    if (!vms) throw new Error("There is no vms subgraph.");
    const callers = new Replaceable(callerKeys("gateway", [keys[1]], "vms"));
    const listening = await listenSubgraph({ ...listeningOf(product, vms, keys), callers }, "127.0.0.1", 0);
    onTestFinished(() => listening.close());
    const status = async (key: Key) => (await call(body, headersFor(body, { keys: [key] }), listening.url)).status;
    expect([await status(keys[0]), await status(keys[1])]).toEqual([401, 200]);
    callers.replace(callerKeys("gateway", [keys[0]], "vms"));
    expect([await status(keys[0]), await status(keys[1])]).toEqual([200, 401]);
  });
});

describe("attack 19: references", () => {
  const entities = (count: number) =>
    JSON.stringify({
      query: "query ($representations: [_Any!]!) { _entities(representations: $representations) { __typename } }",
      variables: { representations: Array.from({ length: count }, () => ({ __typename: "Vm", id: fleet.id("vm") })) },
    });

  it("are resolved up to a thousand per call", async () => {
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

describe("a subgraph's HTTP server", () => {
  it("serves only its endpoint and its health", async () => {
    expect((await fetch(server.url)).status).toBe(404);
    expect((await fetch(new URL("/", server.url), { method: "POST" })).status).toBe(404);
    expect((await fetch(new URL("/health/live", server.url))).status).toBe(200);
  });

  it("refuses a body of 5 MB, and closes its connection", async () => {
    const body = JSON.stringify({ query: "{ __typename }", variables: { x: "x".repeat(5 * 2 ** 20) } });
    const response = await fetch(server.url, {
      method: "POST",
      body,
      headers: headersFor(body),
    });
    expect(response.status).toBe(413);
    expect(response.headers.get("connection")).toBe("close");
  });

  it("reveals nothing about itself when a signed call is not valid GraphQL", async () => {
    for (const body of ["", "no JSON", "null", "{}", '{"query": 5}', '{"query": "qwerty cop { abc }"}']) {
      const { text } = await signed(body);
      expect(text, body).not.toMatch(/node_modules|\.ts|at Object|SyntaxError|Cannot read/);
      expect(JSON.parse(text).errors.length, body).toBeGreaterThan(0);
    }
  });
});
