import { createHash, createHmac, randomUUID } from "node:crypto";
import fc from "fast-check";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { openDatabase } from "#db/client.ts";
import { domains } from "#db/columns.ts";
import { executedWrites } from "#db/executed-writes.ts";
import { wholeTenantIdentity } from "#tests/harness/whole-tenant-identity.ts";
import type { Key, Keyring } from "#lib/trust/keyring.ts";
import { Replaceable } from "#lib/replaceable.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { type CallerKey, callerKeys, callSigner, secretBetween } from "#lib/trust/call-keys.ts";
import { type Call, signContext, verifyContext } from "#lib/trust/signed-context.ts";
import { listenSubgraph, type RunningServer } from "#lib/subgraph/server.ts";
import { listeningOf } from "#tests/harness/call-keys.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";

const keys = [
  { id: "new", secret: "the newest key of both sides" },
  { id: "old", secret: "the key that was the newest before" },
] as const;
const trusted = callerKeys("gateway", keys, "vms");
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
  server = await listenSubgraph(listeningOf(product, vms, keys), "127.0.0.1", 0);
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

/** Sends a call. It does not use fetch, which joins two headers of the same name. */
async function call(body: string, headers: Record<string, string> | [string, string][], url = server.url) {
  const sent = Array.isArray(headers) ? headers : Object.entries(headers);
  const response = await request(url, {
    method: "POST",
    headers: [["content-type", "application/json"], ...sent].flat(),
    body,
  });
  const text = await response.body.text();
  return { status: response.statusCode, text, answer: text.startsWith("{") ? JSON.parse(text) : undefined };
}

/** Returns the headers of a call to the vms subgraph, unless overridden. */
const headersFor = (
  body: string,
  { issuer = "gateway", keys: ring = keys, ...other }: Partial<Call> & { keys?: Keyring; issuer?: string } = {},
) => signContext(callSigner(issuer, ring), { audience: "vms", context: context(), body, ...other });

const signed = (body: string) => call(body, headersFor(body));

const contextHeader = "x-novacron-context";
const signatureHeader = "x-novacron-signature";
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const claimsOf = (headers: Record<string, string>) =>
  JSON.parse(Buffer.from(headers[contextHeader] ?? "", "base64url").toString()) as Record<string, unknown>;
const macOf = (headers: Record<string, string>) => headers[signatureHeader]?.split(".")[1] ?? "";

/** Signs with the right key, whatever the context header contains: only a holder of the key could send this. */
function signedAsIs(encoded: string, body: string, key: Key = keys[0]): Record<string, string> {
  return signedWith({ ...key, issuer: "gateway", secret: secretBetween(key, "gateway", "vms") }, encoded, body);
}

function signedWith({ issuer, id, secret }: CallerKey, encoded: string, body: string): Record<string, string> {
  const bodyHash = createHash("sha256").update(body).digest("base64url");
  const mac = createHmac("sha256", secret).update(`${issuer}/${id}\n${encoded}\n${bodyHash}`).digest("base64url");
  return { [contextHeader]: encoded, [signatureHeader]: `${issuer}/${id}.${mac}` };
}

/** Signs as if at another time. */
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
    headersFor(body, { keys: [{ id: "new", secret: "a key that no party of this test holds" }] }),
  "is signed with a key that was removed": (body) =>
    headersFor(body, { keys: [{ id: "retired", secret: keys[0].secret }] }),
  "names another key than the one that signed it": (body) => {
    const headers = headersFor(body);
    return { ...headers, [signatureHeader]: `gateway/old.${macOf(headers)}` };
  },
  "carries another key's signature of the same call": (body) => {
    const headers = headersFor(body);
    const other = signedAsIs(headers[contextHeader] ?? "", body, keys[1]);
    return { ...headers, [signatureHeader]: `gateway/new.${macOf(other)}` };
  },
  "names its key by a path": (body) => {
    const headers = headersFor(body);
    return { ...headers, [signatureHeader]: `gateway/../../new.${macOf(headers)}` };
  },
  "is signed for another subgraph": (body) => headersFor(body, { audience: "auth" }),
  "is signed by an unknown issuer": (body) => {
    const headers = headersFor(body);
    return { ...headers, [signatureHeader]: headers[signatureHeader]?.replace("gateway/", "client/") ?? "" };
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
  "has a character appended to its signature": (body) => {
    const headers = headersFor(body);
    return { ...headers, [signatureHeader]: `${headers[signatureHeader]}=` };
  },
  "has another base64url encoding of its signature": (body) => {
    const headers = headersFor(body);
    const mac = macOf(headers);
    const alike = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
      .split("")
      .map((last) => mac.slice(0, -1) + last)
      .find((text) => text !== mac && Buffer.from(text, "base64url").equals(Buffer.from(mac, "base64url")));
    return { ...headers, [signatureHeader]: `gateway/new.${alike ?? "none"}` };
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
  "is a JWS with the signature of a JWS": (body) => {
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
  "has a second context after its context": (body) => {
    const headers = headersFor(body);
    return [...Object.entries(headers), [contextHeader, encode({ identity: "root" })]];
  },
  "has a context of 13,000 characters": (body) => signedAsIs("A".repeat(13_000), body),
  "has a signature of 13,000 characters": (body) => ({
    ...headersFor(body),
    [signatureHeader]: `gateway/new.${"A".repeat(13_000)}`,
  }),
  "has a context that is not base64url": (body) => signedAsIs("{}", body),
  "has a context that contains a space": (body) => {
    const [encoded = ""] = Object.values(headersFor(body));
    return signedAsIs(`${encoded.slice(0, 10)} ${encoded.slice(10)}`, body);
  },
  "has a context that is not JSON": (body) => signedAsIs(Buffer.from("no JSON").toString("base64url"), body),
  "has a context that is not an object": (body) => signedAsIs(encode(null), body),
  "has a context nested ten thousand deep": (body) =>
    signedAsIs(Buffer.from("[".repeat(9_000)).toString("base64url"), body),
  "has a context without an identity": (body) =>
    signedAsIs(encode({ ...claimsOf(headersFor(body)), context: {} }), body),
  "has an identity of an unknown kind": (body) => {
    const identity = { ...context().identity, kind: "root" };
    return signedAsIs(encode({ ...claimsOf(headersFor(body)), context: { ...context(), identity } }), body);
  },
  "has a context without claims, as before issuers existed": (body) => signedAsIs(encode(context()), body),
  "carries an identity in other headers": () => ({
    "x-user-id": fleet.id("user"),
    "x-tenant-id": fleet.tenantId,
    "x-nova-actor": "admin",
    authorization: "Bearer x",
  }),
  "is signed for an invalid tenant": (body) =>
    headersFor(body, { context: { ...context(), identity: { ...context().identity, tenantId: "*" } } }),
};

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
  const of = (issuer: string, identity: RequestContext["identity"], signing = issuer) => {
    const ring: Keyring = [{ id: "1", secret: `the own key of ${signing}, of 32 characters or more` }];
    const known = ["gateway", "jobs"].flatMap((each) =>
      callerKeys(each, [{ id: "1", secret: `the own key of ${each}, of 32 characters or more` }], "vms"),
    );
    const headers = headersFor(body, { issuer, keys: ring, context: { ...context(), identity } });
    const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
    return verifyContext(known, "vms", sent, body);
  };
  const user = wholeTenantIdentity(fleet.tenantId, fleet.id("user"));
  const jobs = { ...user, kind: "service" as const, id: "jobs" };

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

describe("case G48: a captured call that writes", () => {
  const write = (name: string) =>
    JSON.stringify({
      query: `mutation ($name: String!) { createRole(input: { name: $name, permissions: ["vm:read"] }) { role { name } userErrors { code } } }`,
      variables: { name },
    });
  const roles = async (name: string) =>
    asOwner(product.urls.url("auth"), (sql) => sql`select name from roles where name = ${name}`);
  const signedFor = (body: string) => headersFor(body, { audience: "auth" });
  let processes: RunningServer[];
  beforeAll(async () => {
    const auth = product.subgraphs.find(({ name }) => name === "auth");
    if (!auth) throw new Error("There is no auth subgraph.");
    // Two processes of the same subgraph, as behind a load balancer.
    processes = await Promise.all([1, 2].map(() => listenSubgraph(listeningOf(product, auth, keys), "127.0.0.1", 0)));
  });
  afterAll(() => Promise.all(processes.map((each) => each.close())));
  const urls = () => processes.map(({ url }) => url);
  const refused = { errors: [{ message: expect.any(String), extensions: { code: "UNAUTHENTICATED" } }] };

  it("is executed once, whichever process of the subgraph receives it again", async () => {
    const body = write("once");
    const headers = signedFor(body);
    const [one] = urls();
    const first = await call(body, headers, one);
    expect(first.answer.data.createRole).toEqual({ role: { name: "once" }, userErrors: [] });
    for (const url of urls()) {
      const again = await call(body, headers, url);
      expect(again.status).toBe(401);
      expect(again.answer).toEqual(refused);
    }
    const anew = await call(body, signedFor(body), one);
    expect(anew.answer.data.createRole).toMatchObject({ role: null, userErrors: [expect.anything()] });
    expect(await roles("once")).toHaveLength(1);
  });

  it("is executed once when many copies are sent to both processes at the same time", async () => {
    const body = write("at the same time");
    const headers = signedFor(body);
    const answers = await Promise.all(Array.from({ length: 10 }, (_, at) => call(body, headers, urls()[at % 2])));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 9 }, () => 401)]);
    expect(await roles("at the same time")).toHaveLength(1);
  });

  it.each([
    "  # a comment\n mutation { __typename }",
    "fragment f on Mutation { __typename } mutation m { ...f }",
    "\ufeffmutation,m{__typename}",
  ])("counts as a write however its document is written: %s", async (query) => {
    const body = JSON.stringify({ query });
    const headers = signedFor(body);
    const [one, other] = urls();
    const { status } = await call(body, headers, one);
    expect([status, (await call(body, headers, other)).status]).toEqual([200, 401]);
  });

  it("is not executed when the database cannot report whether it already was", async () => {
    const auth = product.subgraphs.find(({ name }) => name === "auth");
    if (!auth) throw new Error("There is no auth subgraph.");
    const gone = await openDatabase({ domain: "auth", url: product.urls.url("auth"), maxConnections: 1 });
    await asOwner(product.urls.url("auth"), (sql) => sql`alter table executed_writes rename to away`);
    const listening = listeningOf({ databases: { ...product.databases, auth: gone } }, auth, keys);
    const withoutTable = await listenSubgraph(listening, "127.0.0.1", 0);
    onTestFinished(async () => {
      await asOwner(product.urls.url("auth"), (sql) => sql`alter table away rename to executed_writes`);
      await Promise.all([withoutTable.close(), gone.close()]);
    });
    const body = write("unknown");
    expect((await call(body, signedFor(body), withoutTable.url)).status).toBe(500);
    expect(await roles("unknown")).toEqual([]);
  });

  it("does not affect a read: the same query may be sent again", async () => {
    const body = JSON.stringify(documents["a field"]);
    const headers = headersFor(body);
    expect([(await call(body, headers)).status, (await call(body, headers)).status]).toEqual([200, 200]);
  });

  it("is forgotten once no process would accept it any more", async () => {
    const { vms } = product.databases;
    await asOwner(product.urls.url("vms"), async (sql) => {
      await sql`insert into executed_writes (nonce, executed_at) select gen_random_uuid(), now() - interval '61 seconds' from generate_series(1, 50)`;
      await sql`insert into executed_writes (nonce, executed_at) select gen_random_uuid(), now() - interval '30 seconds' from generate_series(1, 5)`;
    });
    const left = () =>
      asOwner(product.urls.url("vms"), async (sql) => [
        ...(await sql`
          select count(*) filter (where executed_at < now() - interval '60 seconds')::int as old,
            count(*) filter (where executed_at < now() - interval '25 seconds')::int as kept from executed_writes`),
      ]);
    // A process that has run for a while removes old entries with the next call that writes.
    vi.useFakeTimers({ toFake: ["performance"], now: 0 });
    const writes = executedWrites(vms);
    vi.advanceTimersByTime(11_000);
    expect(await writes.remember(randomUUID())).toBe(true);
    vi.useRealTimers();
    await expect.poll(left).toEqual([{ old: 0, kept: 5 }]);
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
