import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Transport } from "#gateway/transport/transport.ts";
import type { Identity } from "#lib/trust/request-context.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { makeApiKey, makeUser, type TestUser } from "#tests/harness/credentials.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";

/** Modules that import it by name see the spy once the exports of `node:crypto` are synchronized. */
const compare = vi.spyOn(crypto, "timingSafeEqual");
syncBuiltinESMExports();
afterAll(() => {
  compare.mockRestore();
  syncBuiltinESMExports();
});

const fleet = fleetOf(1);
let product: TestProduct;
/** The subgraphs that were called, in order. */
const called: string[] = [];
const counting = (transport: Transport): Transport => ({
  ...transport,
  send: (subgraph, ...rest) => {
    called.push(subgraph);
    return transport.send(subgraph, ...rest);
  },
});

beforeAll(async () => {
  product = await bootProduct({ authenticates: true, wrapTransport: counting });
  await insertFleet(product.urls, 1, 3);
});
afterAll(() => product.stop());

const newUser = (role: "admin" | "user" | "viewer" = "admin") =>
  makeUser(product.databases.auth, { tenantId: fleet.tenantId, role });
const keyOf = (user: TestUser, options: { scopes?: string[]; rateLimitPerMinute?: number; expiresAt?: Date } = {}) =>
  makeApiKey(product.databases.auth, { tenantId: user.tenantId, userId: user.id, ...options });

const create = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) {
  key apiKey { id name scopes expiresAt rateLimitPerMinute user { id } } userErrors { code field } } }`;

describe("attack 46: an API key", () => {
  it("whose checksum is wrong is refused without a call to any subgraph", async () => {
    const { key } = await keyOf(await newUser());
    const last = key.at(-1) === "0" ? "1" : "0";
    called.length = 0;
    for (const wrong of [
      `${key.slice(0, -1)}${last}`,
      key.slice(0, -2),
      key.replace("nvk_dev", "nvk_prod"),
      "nvk_dev_x",
    ]) {
      const { status, errors } = await product.ask("{ me { id } }", {}, wrong);
      expect([status, errors[0]?.extensions.code]).toEqual([401, "UNAUTHENTICATED"]);
    }
    expect(called).toEqual([]);
  });

  it("that is no key at all is invalid to the auth subgraph itself too, and not an error", async () => {
    const { key } = await keyOf(await newUser());
    const auth = product.subgraphs.find(({ name }) => name === "auth");
    const identity: Identity = { kind: "service", id: "gateway", tenantId: fleet.tenantId, permissions: [] };
    const validate = (token: string) =>
      auth?.execute(
        { query: "query ($token: String!) { validateToken(token: $token) { userId } }", variables: { token } },
        { identity, requestId: "request", deadline: Date.now() + 10_000 },
      );
    expect(await validate(key)).toMatchObject({ data: { validateToken: { userId: expect.any(String) as string } } });
    for (const wrong of ["", "nvk_dev_x", key.slice(0, -1), key.replace("nvk_dev", "nvk_prod"), `nvs_${key}`])
      expect(await validate(wrong)).toEqual({ data: { validateToken: null } });
  });

  it("with the id of one key and the secret of another is refused", async () => {
    const user = await newUser();
    const { newApiKey } = await import("#lib/trust/credentials.ts");
    const { id } = await keyOf(user);
    const { status } = await product.ask("{ me { id } }", {}, newApiKey("dev", id));
    compare.mockClear();
    expect((await product.ask("{ me { id } }", {}, newApiKey("dev", id))).status).toBe(401);
    // The comparison takes a time that does not show where the secrets first differ.
    expect(compare).toHaveBeenCalledTimes(1);
    expect(status).toBe(401);
  });

  it("has only the rights that both its scopes and its owner have at the time of use", async () => {
    const owner = await newUser("user");
    const { key } = await keyOf(owner, { scopes: ["vm:*", "audit:read"] });
    const ask = async (query: string) =>
      (await product.ask(query, {}, key)).errors.map(({ extensions }) => extensions.code);
    expect(await ask("{ vms(first: 1) { totalCount } }")).toEqual([]);
    // The first is in its scopes but not among its owner's rights; the second is the reverse.
    expect(await ask("{ authAuditLog(first: 1) { totalCount } }")).toEqual(["FORBIDDEN"]);
    expect(await ask("{ users(first: 1) { totalCount } }")).toEqual(["FORBIDDEN"]);
    await asOwner(product.urls.url("auth"), (sql) => sql`update users set role = 'admin' where id = ${owner.id}`);
    expect(await ask("{ authAuditLog(first: 1) { totalCount } }")).toEqual([]);
  });

  it("reads no field of its owner's account outside its scopes, even through a mutation's payload", async () => {
    const owner = await newUser();
    const { id, key } = await keyOf(owner, { scopes: ["vm:read"] });
    const own = `permissions { permission } roles { grantedAt } disabledAt mfaEnabled failedLoginAttempts lockedUntil lastLoginAt passwordChangedAt
      apiKeys { totalCount } sessions { totalCount } auditLog { totalCount }`;
    const { data, errors } = await product.ask(
      `mutation ($id: ID!) { rotateApiKey(input: { id: $id }) { apiKey { user { username ${own} } } } }`,
      { id },
      key,
    );
    const { username, ...rest } = data.rotateApiKey.apiKey.user as Record<string, unknown>;
    expect(username).toBe(owner.username);
    expect(Object.values(rest)).toEqual(Array.from({ length: 11 }, () => null));
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(Array.from({ length: 11 }, () => "FORBIDDEN"));
  });

  it("is refused after it expires, after it is revoked, and after its owner is disabled", async () => {
    const owner = await newUser();
    const expired = await keyOf(owner, { expiresAt: new Date(Date.now() - 1_000) });
    expect((await product.ask("{ me { id } }", {}, expired.key)).status).toBe(401);
    const { id, key } = await keyOf(owner);
    const other = await keyOf(owner);
    const revoke = "mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { apiKey { id revokedAt } } }";
    const { data } = await product.ask(revoke, { input: { id } }, key);
    expect(data.revokeApiKey.apiKey).toEqual({ id, revokedAt: expect.any(String) as string });
    expect((await product.ask("{ me { id } }", {}, key)).status).toBe(401);
    await asOwner(product.urls.url("auth"), (sql) => sql`update users set disabled_at = now() where id = ${owner.id}`);
    expect((await product.ask("{ me { id } }", {}, other.key)).status).toBe(401);
  });
});

describe("creating a key", () => {
  it("shows the key once, and stores only its hash", async () => {
    const owner = await newUser();
    const { key: first } = await keyOf(owner);
    const input = { name: "deploys", scopes: ["vm:read"], rateLimitPerMinute: 60, expiresAt: "2035-01-01T00:00:00Z" };
    const { data, errors } = await product.ask(create, { input }, first);
    expect(errors).toEqual([]);
    const { key, apiKey } = data.createApiKey as { key: string; apiKey: Record<string, unknown> };
    expect(apiKey).toMatchObject({ ...input, expiresAt: "2035-01-01T00:00:00.000Z", user: { id: owner.id } });
    expect((await product.ask("{ vms(first: 1) { totalCount } }", {}, key)).data.vms.totalCount).toBe(3);
    const kept = await asOwner(product.urls.url("auth"), (sql) => sql`select * from api_keys`);
    const secret = key.split("_")[3] as string;
    expect(JSON.stringify(kept)).not.toContain(secret);
  });

  it.each([
    ["SCOPE_EXCEEDS_RIGHTS", { scopes: ["vm:read", "audit:read"] }, "scopes"],
    ["SCOPE_EXCEEDS_RIGHTS", { scopes: ["*"] }, "scopes"],
    ["PERMISSION_INVALID", { scopes: ["everything"] }, "scopes"],
    ["PERMISSION_INVALID", { scopes: ["*:read"] }, "scopes"],
    ["PERMISSION_INVALID", { scopes: [] }, "scopes"],
    ["NAME_INVALID", { name: " " }, "name"],
    ["NAME_INVALID", { name: "x".repeat(256) }, "name"],
    ["NAME_INVALID", { name: "a\u0000b" }, "name"],
    ["EXPIRY_INVALID", { expiresAt: "2020-01-01T00:00:00Z" }, "expiresAt"],
    ["RATE_LIMIT_INVALID", { rateLimitPerMinute: 0 }, "rateLimitPerMinute"],
    ["TENANT_UNKNOWN", { tenantId: fleetOf(2).tenantId }, "tenantId"],
  ])("is refused with %s for %j, and nothing is written", async (code, wrong, field) => {
    const owner = await newUser("viewer");
    const { key } = await keyOf(owner);
    const input = { name: "a key", scopes: ["vm:read"], ...wrong };
    const { data } = await product.ask(create, { input }, key);
    expect(data.createApiKey).toEqual({ key: null, apiKey: null, userErrors: [{ code, field: [field] }] });
    const [row] = await asOwner(
      product.urls.url("auth"),
      (sql) => sql<{ keys: number }[]>`select count(*)::int as keys from api_keys where user_id = ${owner.id}`,
    );
    expect(row?.keys).toBe(1);
  });

  it("as a replacement leaves both keys valid for the overlap", async () => {
    const owner = await newUser();
    const { id, key: old } = await keyOf(owner, { scopes: ["vm:read", "user:read"] });
    const rotate = `mutation ($input: RotateApiKeyInput!) { rotateApiKey(input: $input) {
      key apiKey { id scopes expiresAt } replaced { id expiresAt } userErrors { code } } }`;
    const { data, errors } = await product.ask(rotate, { input: { id, overlap: "PT1H" } }, old);
    expect(errors).toEqual([]);
    const { key, apiKey, replaced } = data.rotateApiKey as {
      key: string;
      apiKey: { id: string };
      replaced: { expiresAt: string };
    };
    expect(apiKey).toMatchObject({ scopes: ["vm:read", "user:read"], expiresAt: null });
    expect(replaced).toMatchObject({ id });
    const left = new Date(replaced.expiresAt).getTime() - Date.now();
    expect(left).toBeGreaterThan(3_500_000);
    expect(left).toBeLessThanOrEqual(3_600_000);
    for (const each of [old, key]) expect((await product.ask("{ me { id } }", {}, each)).status).toBe(200);
    const other = await keyOf(await newUser());
    const foreign = await product.ask(rotate, { input: { id: apiKey.id } }, other.key);
    expect(foreign.errors[0]?.extensions.code).toBe("NOT_FOUND");
  });
});

it("attack 47: a key has a limit of requests per minute, and the refusal states when to retry", async () => {
  const { key } = await keyOf(await newUser(), { rateLimitPerMinute: 5 });
  const statuses: number[] = [];
  for (let at = 0; at < 6; at += 1) statuses.push((await product.ask("{ me { id } }", {}, key)).status);
  expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
  const response = await fetch(product.url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ query: "{ me { id } }" }),
  });
  const { errors } = (await response.json()) as { errors: { extensions: Record<string, unknown> }[] };
  expect(errors[0]?.extensions).toMatchObject({ code: "RATE_LIMITED", retryAfter: expect.any(Number) as number });
  expect(Number(response.headers.get("retry-after"))).toBe(errors[0]?.extensions["retryAfter"]);
});

it("a key's last use is recorded, and is written again after a minute, not before", async () => {
  const { id, key } = await keyOf(await newUser());
  const lastUsed = async () => {
    const [row] = await asOwner(
      product.urls.url("auth"),
      (sql) => sql<{ at: string | null }[]>`select last_used_at::text as at from api_keys where id = ${id}`,
    );
    return row?.at;
  };
  await product.ask("{ me { id } }", {}, key);
  await expect.poll(lastUsed).not.toBeNull();
  const first = await lastUsed();
  await product.ask("{ me { id } }", {}, key);
  expect(await lastUsed()).toBe(first);
  await asOwner(
    product.urls.url("auth"),
    (sql) => sql`update api_keys set last_used_at = now() - interval '61 seconds' where id = ${id}`,
  );
  const before = await lastUsed();
  await product.ask("{ me { id } }", {}, key);
  await expect.poll(lastUsed).not.toBe(before);
});
