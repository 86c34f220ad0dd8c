import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { followRevocations } from "#gateway/authentication/follow-revocations.ts";
import type { Transport } from "#gateway/transport/transport.ts";
import { PublicError } from "#lib/errors.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { makeApiKey, makeUser, type TestUser } from "#tests/harness/credentials.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";

const fleet = fleetOf(1);
const stopping = new AbortController();
let product: TestProduct;
let ended: Promise<unknown>;
/** How often the gateway queried the identity of a token. */
let identityQueries = 0;
let authIsDown = false;
const watching = (transport: Transport): Transport => ({
  ...transport,
  send: (subgraph, request, context, signal) => {
    if (subgraph === "auth" && authIsDown)
      return Promise.reject(new PublicError("SUBGRAPH_UNAVAILABLE", "The auth part of the graph did not answer."));
    if (request.query.includes("validateToken")) identityQueries += 1;
    return transport.send(subgraph, request, context, signal);
  },
});

beforeAll(async () => {
  product = await bootProduct({ authenticates: true, withEvents: true, wrapTransport: watching });
  await insertFleet(product.urls, 1, 3);
  ended = followRevocations(product.transport, product.identities, stopping.signal);
  await vi.waitUntil(() => product.identities.isLive, 5_000);
});
afterAll(async () => {
  stopping.abort();
  await ended;
  await product.stop();
});

const newUser = (role: "admin" | "viewer" = "viewer") =>
  makeUser(product.databases.auth, { tenantId: fleet.tenantId, role });
const tokenOf = async (user: TestUser, tenantId?: string): Promise<string> => {
  const mutation = "mutation ($input: SignInInput!) { signIn(input: $input) { token } }";
  const { data } = await product.ask(mutation, { input: { login: user.email, password: user.password, tenantId } });
  return data.signIn.token as string;
};
const statusFor = async (token: string): Promise<number> => (await product.ask("{ me { id } }", {}, token)).status;
/** Sends a mutation as a new administrator, and expects that it succeeds. */
async function asAdministrator(name: string, input: object, fields = "__typename") {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} userErrors { code } } }`;
  const { data, errors } = await product.ask(query, { input }, await tokenOf(await newUser("admin")));
  expect([errors, data[name].userErrors]).toEqual([[], []]);
  return data[name];
}
/** Resolves with the milliseconds until the token is refused. */
const untilRefused = async (token: string): Promise<number> => {
  const began = performance.now();
  await expect.poll(() => statusFor(token), { timeout: 5_000, interval: 20 }).toBe(401);
  return performance.now() - began;
};

it("an identity is queried once and then cached", async () => {
  const token = await tokenOf(await newUser());
  identityQueries = 0;
  for (let at = 0; at < 5; at += 1) expect(await statusFor(token)).toBe(200);
  expect(identityQueries).toBe(1);
  await Promise.all(Array.from({ length: 10 }, () => statusFor(token)));
  expect(identityQueries).toBe(1);
});

it("attack 35: a session that an administrator ends is refused within two seconds, though it is cached", async () => {
  const user = await newUser();
  const token = await tokenOf(user);
  expect(await statusFor(token)).toBe(200);
  const administrator = await tokenOf(await newUser("admin"));
  const { errors } = await product.ask(
    "mutation ($input: RevokeUserSessionsInput!) { revokeUserSessions(input: $input) { sessions { id } } }",
    { input: { userId: user.id } },
    administrator,
  );
  expect(errors).toEqual([]);
  expect(await untilRefused(token)).toBeLessThan(2_000);
});

it("attack 35: a key that is revoked is refused within two seconds, though it is cached", async () => {
  const user = await newUser();
  const { id, key } = await makeApiKey(product.databases.auth, { tenantId: user.tenantId, userId: user.id });
  expect(await statusFor(key)).toBe(200);
  const token = await tokenOf(user);
  await product.ask(
    "mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { apiKey { id } } }",
    { input: { id } },
    token,
  );
  expect(await untilRefused(key)).toBeLessThan(2_000);
});

it("attack 35: the session and the key of a user who is disabled are refused within two seconds, though both are cached", async () => {
  const user = await newUser();
  const { key } = await makeApiKey(product.databases.auth, { tenantId: user.tenantId, userId: user.id });
  const credentials = [await tokenOf(user), key];
  for (const credential of credentials) expect(await statusFor(credential)).toBe(200);
  await asAdministrator("disableUser", { id: user.id });
  for (const credential of credentials) expect(await untilRefused(credential)).toBeLessThan(2_000);
});

it("attack 35: a lowered or revoked role takes effect within two seconds, though the user is cached", async () => {
  const [lowered, robbed] = [await newUser("admin"), await newUser()];
  const made = await asAdministrator("createRole", { name: "readers", permissions: ["audit:read"] }, "role { id }");
  const grant = { userId: robbed.id, roleId: made.role.id as string };
  await asAdministrator("grantRole", grant);
  const tokens = [await tokenOf(lowered), await tokenOf(robbed)];
  const codes = async (token: string) =>
    (await product.ask("{ authAuditLog(first: 1) { totalCount } }", {}, token)).errors.map(
      ({ extensions }) => extensions.code,
    );
  for (const token of tokens) expect(await codes(token)).toEqual([]);
  await asAdministrator("setUserRole", { id: lowered.id, role: "VIEWER" });
  await asAdministrator("revokeRole", grant);
  const began = performance.now();
  for (const token of tokens)
    await expect.poll(() => codes(token), { timeout: 5_000, interval: 20 }).toEqual(["FORBIDDEN"]);
  expect(performance.now() - began).toBeLessThan(2_000);
});

it("attack 35: users of a disabled tenant, and users who act in it, are refused within two seconds, though they are cached", async () => {
  await insertFleet(product.urls, 2, 1);
  const { tenantId } = fleetOf(2);
  const user = await makeUser(product.databases.auth, { tenantId });
  const visitor = await makeUser(product.databases.auth, { tenantId: platformTenantId, role: "operator" });
  const keyOf = async (owner: TestUser, actsIn?: { actsInTenantId: string }) =>
    (await makeApiKey(product.databases.auth, { tenantId: owner.tenantId, userId: owner.id, ...actsIn })).key;
  const visiting = { actsInTenantId: tenantId };
  const tokens = [
    await tokenOf(user),
    await keyOf(user),
    await tokenOf(visitor, tenantId),
    await keyOf(visitor, visiting),
  ];
  const bystanders = [await tokenOf(visitor), await tokenOf(await newUser())];
  expect(await Promise.all([...tokens, ...bystanders].map(statusFor))).toEqual(Array(6).fill(200));
  const { errors } = await product.ask(
    "mutation ($input: DisableTenantInput!) { disableTenant(input: $input) { tenant { enabled } } }",
    { input: { id: tenantId } },
    bystanders[0],
  );
  expect(errors).toEqual([]);
  for (const time of await Promise.all(tokens.map(untilRefused))) expect(time).toBeLessThan(2_000);
  expect(await Promise.all(bystanders.map(statusFor))).toEqual([200, 200]);
});

it("while the auth subgraph is unavailable, cached identities are served, and all others get AUTH_UNAVAILABLE", async () => {
  const known = await tokenOf(await newUser());
  const unknown = await tokenOf(await newUser());
  expect(await statusFor(known)).toBe(200);
  authIsDown = true;
  try {
    const vms = await product.ask("{ vms(first: 1) { totalCount } }", {}, known);
    expect(vms.data).toEqual({ vms: { totalCount: 3 } });
    const { status, errors } = await product.ask("{ vms(first: 1) { totalCount } }", {}, unknown);
    expect([status, errors[0]?.extensions.code]).toEqual([503, "AUTH_UNAVAILABLE"]);
  } finally {
    authIsDown = false;
  }
});

it("without a follower of revocations, nothing is cached", async () => {
  const token = await tokenOf(await newUser());
  stopping.abort();
  await ended;
  await vi.waitFor(() => expect(product.identities.isLive).toBe(false), 5_000);
  identityQueries = 0;
  for (let at = 0; at < 3; at += 1) expect(await statusFor(token)).toBe(200);
  expect(identityQueries).toBe(3);
});
