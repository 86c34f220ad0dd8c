import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { wholeTenantIdentity } from "#tests/harness/whole-tenant-identity.ts";
import type { Key, Keyring } from "#lib/keyring.ts";
import type { RequestContext } from "#lib/request-context.ts";
import { type Call, signContext, verifyContext } from "#lib/signed-context.ts";
import { listenSubgraph, type RunningServer } from "#lib/subgraph-server.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";

const keys = [
  { id: "new", secret: "the newest key of both sides" },
  { id: "old", secret: "the key that was the newest before" },
] as const;
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
  server = await listenSubgraph(vms, keys, "127.0.0.1", 0);
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

/** Not by fetch, which makes one header of two of the same name. */
async function call(body: string, headers: Record<string, string> | [string, string][]) {
  const sent = Array.isArray(headers) ? headers : Object.entries(headers);
  const response = await request(server.url, {
    method: "POST",
    headers: [["content-type", "application/json"], ...sent].flat(),
    body,
  });
  const text = await response.body.text();
  return { status: response.statusCode, text, answer: text.startsWith("{") ? JSON.parse(text) : undefined };
}

/** The headers of a call to the vms subgraph, unless something else is said. */
const headersFor = (body: string, other: Partial<Call> & { keys?: Keyring } = {}) =>
  signContext(other.keys ?? keys, { issuer: "gateway", audience: "vms", context: context(), body, ...other });

const signed = (body: string) => call(body, headersFor(body));

const contextHeader = "x-novacron-context";
const signatureHeader = "x-novacron-signature";
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const claimsOf = (headers: Record<string, string>) =>
  JSON.parse(Buffer.from(headers[contextHeader] ?? "", "base64url").toString()) as Record<string, unknown>;
const macOf = (headers: Record<string, string>) => headers[signatureHeader]?.split(".")[1] ?? "";

/** Signed with the right key, whatever the context header says: what only a holder of the key could send. */
function signedAsIs(encoded: string, body: string, { id, secret }: Key = keys[0]): Record<string, string> {
  const bodyHash = createHash("sha256").update(body).digest("base64url");
  const mac = createHmac("sha256", secret).update(`${id}\n${encoded}\n${bodyHash}`).digest("base64url");
  return { [contextHeader]: encoded, [signatureHeader]: `${id}.${mac}` };
}

/** Signed when the clock showed another time. */
function signedAt(milliseconds: number, body: string, deadline: number) {
  vi.useFakeTimers({ toFake: ["Date"], now: milliseconds });
  try {
    return headersFor(body, { context: context(deadline) });
  } finally {
    vi.useRealTimers();
  }
}

type Forged = (body: string) => Record<string, string> | [string, string][];
const forged: Record<string, Forged> = {
  "is not signed": () => ({}),
  "is signed with another key of the same name": (body) =>
    headersFor(body, { keys: [{ id: "new", secret: "a key that nobody here holds at all" }] }),
  "is signed with a key that was taken away": (body) =>
    headersFor(body, { keys: [{ id: "retired", secret: keys[0].secret }] }),
  "names another key than it is signed with": (body) => {
    const headers = headersFor(body);
    return { ...headers, [signatureHeader]: `old.${macOf(headers)}` };
  },
  "carries another key's signature of the same call": (body) => {
    const headers = headersFor(body);
    const other = signedAsIs(headers[contextHeader] ?? "", body, keys[1]);
    return { ...headers, [signatureHeader]: `new.${macOf(other)}` };
  },
  "names its key by a path": (body) => {
    const headers = headersFor(body);
    return { ...headers, [signatureHeader]: `../../new.${macOf(headers)}` };
  },
  "is signed for another subgraph": (body) => headersFor(body, { audience: "auth" }),
  "is signed by nobody known": (body) => {
    const claims = { ...claimsOf(headersFor(body)), issuer: "client" };
    return signedAsIs(encode(claims), body);
  },
  "is signed over another body": (body) => headersFor(`${body} `),
  "is past its deadline": (body) => headersFor(body, { context: context(Date.now() - 6_000) }),
  "was signed a minute ago, whatever its deadline": (body) =>
    signedAt(Date.now() - 60_000, body, Date.now() + 3_600_000),
  "will be signed in a minute": (body) => signedAt(Date.now() + 60_000, body, Date.now() + 3_600_000),
  "has no signature": (body) => ({ ...headersFor(body), [signatureHeader]: "" }),
  "has half a signature": (body) => {
    const headers = headersFor(body);
    return { ...headers, [signatureHeader]: headers[signatureHeader]?.slice(0, 20) ?? "" };
  },
  "has its signature with something behind it": (body) => {
    const headers = headersFor(body);
    return { ...headers, [signatureHeader]: `${headers[signatureHeader]}=` };
  },
  "has its signature written in another way": (body) => {
    const headers = headersFor(body);
    const mac = macOf(headers);
    const alike = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
      .split("")
      .map((last) => mac.slice(0, -1) + last)
      .find((text) => text !== mac && Buffer.from(text, "base64url").equals(Buffer.from(mac, "base64url")));
    return { ...headers, [signatureHeader]: `new.${alike ?? "none"}` };
  },
  "has a signature without its key's name": (body) => {
    const headers = headersFor(body);
    return { ...headers, [signatureHeader]: macOf(headers) };
  },
  'has the signature "none"': (body) => ({ ...headersFor(body), [signatureHeader]: "none" }),
  'has the key and the signature "none"': (body) => ({ ...headersFor(body), [signatureHeader]: "none." }),
  "is a JWS with alg: none": (body) => ({
    [contextHeader]: `${encode({ alg: "none", typ: "JWT" })}.${encode(claimsOf(headersFor(body)))}.`,
    [signatureHeader]: "new.",
  }),
  "is a JWS that is signed as one": (body) => {
    const signedPart = `${encode({ alg: "HS256", kid: "new" })}.${encode(claimsOf(headersFor(body)))}`;
    const mac = createHmac("sha256", keys[0].secret).update(signedPart).digest("base64url");
    return { [contextHeader]: `${signedPart}.${mac}`, authorization: `Bearer ${signedPart}.${mac}` };
  },
  "has another tenant in its context": (body) => {
    const headers = headersFor(body);
    const claims = claimsOf(headers);
    const other = { ...context(), identity: wholeTenantIdentity(fleetOf(2).tenantId, fleet.id("user")) };
    return { ...headers, [contextHeader]: encode({ ...claims, context: other }) };
  },
  "has its context twice": (body) => {
    const headers = headersFor(body);
    return [...Object.entries(headers), [contextHeader, headers[contextHeader] ?? ""]];
  },
  "has its signature twice": (body) => {
    const headers = headersFor(body);
    return [...Object.entries(headers), [signatureHeader, headers[signatureHeader] ?? ""]];
  },
  "has a context behind its context": (body) => {
    const headers = headersFor(body);
    return [...Object.entries(headers), [contextHeader, encode({ identity: "root" })]];
  },
  "has a context of 13,000 characters": (body) => signedAsIs("A".repeat(13_000), body),
  "has a signature of 13,000 characters": (body) => ({
    ...headersFor(body),
    [signatureHeader]: `new.${"A".repeat(13_000)}`,
  }),
  "has a context that is no base64url": (body) => signedAsIs("{}", body),
  "has a context with a blank in it": (body) => {
    const [encoded = ""] = Object.values(headersFor(body));
    return signedAsIs(`${encoded.slice(0, 10)} ${encoded.slice(10)}`, body);
  },
  "has a context that is no JSON": (body) => signedAsIs(Buffer.from("no JSON").toString("base64url"), body),
  "has a context that is no object": (body) => signedAsIs(encode(null), body),
  "has a context nested ten thousand deep": (body) =>
    signedAsIs(Buffer.from("[".repeat(9_000)).toString("base64url"), body),
  "has a context without an identity": (body) =>
    signedAsIs(encode({ ...claimsOf(headersFor(body)), context: {} }), body),
  "has an identity of no kind": (body) => {
    const identity = { ...context().identity, kind: "root" };
    return signedAsIs(encode({ ...claimsOf(headersFor(body)), context: { ...context(), identity } }), body);
  },
  "has a bare context, as before there were issuers": (body) => signedAsIs(encode(context()), body),
  "carries an identity in headers of its own": () => ({
    "x-user-id": fleet.id("user"),
    "x-tenant-id": fleet.tenantId,
    "x-nova-actor": "admin",
    authorization: "Bearer x",
  }),
  "is signed for a tenant that is none": (body) =>
    headersFor(body, { context: { ...context(), identity: { ...context().identity, tenantId: "*" } } }),
};

describe.each(Object.entries(documents))("attacks 9 and 45: a subgraph asked over HTTP for %s", (_what, document) => {
  const body = JSON.stringify(document);

  it.each<[string, Keyring]>([
    ["the newest key", keys],
    ["the key before it, which others still sign with", [keys[1]]],
  ])("answers a call that is signed with %s", async (_which, signing) => {
    const { status, answer } = await call(body, headersFor(body, { keys: signing }));
    expect(status).toBe(200);
    expect(answer.errors).toBeUndefined();
  });

  it("answers a call that a service has signed", async () => {
    expect((await call(body, headersFor(body, { issuer: "service:scheduler" }))).status).toBe(200);
  });

  it.each(Object.entries(forged))("refuses a call that %s", async (_why, headers) => {
    const { status, answer } = await call(body, headers(body));
    expect(status).toBe(401);
    expect(answer).toEqual({
      errors: [{ message: "This service answers signed calls only.", extensions: { code: "UNAUTHENTICATED" } }],
    });
  });
});

describe("attack 45: what a caller makes up", () => {
  it("is not even looked at when its headers are longer than a server takes", async () => {
    const body = JSON.stringify(documents["a field"]);
    const { status, text } = await call(body, { ...headersFor(body), "x-more": "A".repeat(17_000) });
    expect([status, text]).toEqual([431, ""]);
    expect((await signed(body)).status).toBe(200);
  });

  it("is refused and never thrown at, whatever the two headers hold", () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.base64String(), fc.json().map(btoaUrl), fc.string());
    const values = fc.oneof(fc.constant(undefined), fc.array(text, { maxLength: 3 }));
    fc.assert(
      fc.property(values, values, fc.string(), (contexts, signatures, body) => {
        const headers = { [contextHeader]: contexts, [signatureHeader]: signatures };
        expect(verifyContext(keys, "vms", headers, body)).toHaveProperty("refused");
      }),
      { numRuns: 2_000 },
    );
  });

  it("is refused when one bit of a signed call is another", () => {
    const body = JSON.stringify(documents["a field"]);
    const headers = headersFor(body);
    const all = [headers[contextHeader] ?? "", headers[signatureHeader] ?? "", body];
    fc.assert(
      fc.property(fc.nat(2), fc.nat(), fc.nat(6), (part, at, bit) => {
        const changed = all.map((text, index) => (index === part ? flip(text, at % text.length, bit) : text));
        const [encoded = "", mac = "", sent = ""] = changed;
        const result = verifyContext(keys, "vms", { [contextHeader]: [encoded], [signatureHeader]: [mac] }, sent);
        expect(result).toHaveProperty("refused");
      }),
      { numRuns: 2_000 },
    );
  });

  it("is never signed by ourselves: a context that no subgraph would take is an error at once", () => {
    const permissions = Array.from({ length: 2_000 }, (_, index) => `resource${index}:read`);
    const identity = { ...context().identity, permissions };
    expect(() => headersFor("", { context: { ...context(), identity } })).toThrow("The context of a call holds");
  });
});

const btoaUrl = (text: string) => Buffer.from(text).toString("base64url");
const flip = (text: string, at: number, bit: number) =>
  text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << bit)) + text.slice(at + 1);

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
      headers: headersFor(body),
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
