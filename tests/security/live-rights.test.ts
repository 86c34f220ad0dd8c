import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { followRevocations } from "#gateway/authentication/follow-revocations.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { makeApiKey, makeUser, type TestUser } from "#tests/harness/credentials.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { RawClient, subscribe } from "#tests/live/raw-client.ts";
import { until } from "#tests/live/until.ts";
import { accountsOf } from "./accounts.ts";
import { connectionTicketsSuite } from "./connection-tickets-suite.ts";
import { subscribedTenantsSuite } from "./subscribed-tenants-suite.ts";
import { bearer, namesIn, query, vmSubscribersOf } from "./vm-subscribers.ts";

const ours = fleetOf(1);
const stopping = new AbortController();
let product: TestProduct;
let ended: Promise<unknown>;

beforeAll(async () => {
  product = await bootProduct({ authenticates: true, withEvents: true });
  for (const number of [1, 2]) await insertFleet(product.urls, number, 3);
  await asOwner(product.urls.url("vms"), (owner) => owner`update vms set state = 'running', origin_state = null`);
  ended = followRevocations(product.transport, product.identities, stopping.signal);
  await until(() => product.identities.isLive);
});
afterAll(async () => {
  stopping.abort();
  await ended;
  await product.stop();
});

const accounts = accountsOf(() => product, ours.tenantId);
const { newUser, tokenOf } = accounts;
const { ticketOf, listening, events, flip } = vmSubscribersOf(() => product);
/** Sends a mutation that must succeed, and returns its payload. */
const change = async (token: string, name: string, input: object, fields: string) => {
  const { data, errors } = await accounts.change(name, input, fields, token);
  expect([errors, data[name].userErrors]).toEqual([[], []]);
  return data[name];
};
const asAdministrator = async (name: string, input: object, fields = "__typename") =>
  change(await tokenOf(await newUser("admin")), name, input, fields);

const keyOf = ({ id: userId, tenantId }: TestUser) => makeApiKey(product.databases.auth, { tenantId, userId });
const secondsUntil = async (condition: () => boolean): Promise<number> => {
  const began = performance.now();
  await until(condition);
  return (performance.now() - began) / 1_000;
};

connectionTicketsSuite(() => product);
describe("attack 35: every open connection loses access within two seconds", () => {
  /** Opens one connection of each kind: by session, by key, by a ticket of each, and one stream. */
  async function connectionsOf(user: TestUser) {
    const session = await tokenOf(user);
    const { id: keyId, key } = await keyOf(user);
    const sockets = [
      await listening(bearer(session)),
      await listening({ ticket: await ticketOf(session) }),
      await listening(bearer(key)),
      await listening({ ticket: await ticketOf(key) }),
    ] as const;
    let isEnded = false;
    const stream = await events(await ticketOf(session));
    const reading = stream.text().finally(() => (isEnded = true));
    return { session, keyId, sockets, reading, isEnded: () => isEnded };
  }

  it("of a user who is disabled", async () => {
    const user = await newUser();
    const { sockets, reading, isEnded } = await connectionsOf(user);
    await asAdministrator("disableUser", { id: user.id });
    expect(await secondsUntil(() => sockets.every(({ closed }) => closed?.code === 4403) && isEnded())).toBeLessThan(2);
    await flip(ours);
    expect(await reading).not.toContain("vmStateChanged");
    expect(sockets.flatMap(namesIn)).toEqual([]);
  });

  it("of a session that is ended, and of a key that is revoked, and no other", async () => {
    const user = await newUser();
    const { session, keyId, sockets, reading, isEnded } = await connectionsOf(user);
    await change(await tokenOf(user), "revokeApiKey", { id: keyId }, "apiKey { id }");
    const [bySession, bySessionsTicket, byKey, byKeysTicket] = sockets;
    const closed = (...clients: RawClient[]) => clients.every((client) => client.closed?.code === 4403);
    expect(await secondsUntil(() => closed(byKey, byKeysTicket))).toBeLessThan(2);
    expect([bySession.closed, bySessionsTicket.closed, isEnded()]).toEqual([undefined, undefined, false]);
    await product.ask("mutation { signOut { session { id } } }", {}, session);
    expect(await secondsUntil(() => closed(bySession, bySessionsTicket) && isEnded())).toBeLessThan(2);
    await reading;
  });

  it("of a tenant that is disabled", async () => {
    await insertFleet(product.urls, 3, 1);
    const { tenantId } = fleetOf(3);
    const { sockets, reading, isEnded } = await connectionsOf(await newUser("viewer", tenantId));
    const platform = await makeUser(product.databases.auth, { tenantId: platformTenantId, role: "operator" });
    await change(await tokenOf(platform), "disableTenant", { id: tenantId }, "tenant { enabled }");
    expect(await secondsUntil(() => sockets.every(({ closed }) => closed?.code === 4403) && isEnded())).toBeLessThan(2);
    await reading;
  });

  it("to what a revoked role granted, and keeps the rest", async () => {
    const user = await newUser();
    const { role } = await asAdministrator(
      "createRole",
      { name: "key readers", permissions: ["api_key:read"] },
      "role { id }",
    );
    const grant = { userId: user.id, roleId: role.id };
    await asAdministrator("grantRole", grant);
    const client = new RawClient(product.url);
    const text = "subscription { vmStateChanged { vm { id owner { apiKeys(first: 1) { totalCount } } } } }";
    await client.connect(bearer(await tokenOf(user)), subscribe("1", text));
    await until(() => client.of("ping").length > 0);
    const refusals = () => client.of("next").filter(({ payload }) => JSON.stringify(payload).includes("FORBIDDEN"));
    await flip(ours);
    await until(() => namesIn(client).length === 2);
    expect(refusals()).toEqual([]);
    await asAdministrator("revokeRole", grant);
    const began = performance.now();
    await expect
      .poll(() => flip(ours).then(() => refusals().length), { timeout: 15_000, interval: 50 })
      .toBeGreaterThan(0);
    expect(performance.now() - began).toBeLessThan(2_000);
    await until(() => new Set(namesIn(client)).size === 1);
    expect([namesIn(client).at(-1), client.closed]).toEqual([ours.id("vm", 1), undefined]);
  });
});

it("attack 47: a key's requests over a socket count towards its requests per minute", async () => {
  const { id: userId, tenantId } = await newUser();
  const { key } = await makeApiKey(product.databases.auth, { tenantId, userId, rateLimitPerMinute: 5 });
  const client = new RawClient(product.url);
  // Authenticating the socket counts as the first request.
  await client.connect(
    bearer(key),
    ...["1", "2", "3"].map((id) => subscribe(id, "{ me { id } }")),
    subscribe("4", query),
  );
  await until(() => client.of("complete").length === 3 && client.of("ping").length > 0);
  await client.send(subscribe("5", "{ me { id } }"), subscribe("6", query));
  await until(() => client.of("error").length === 2);
  for (const { payload } of client.of("error"))
    expect(payload).toMatchObject([{ extensions: { code: "RATE_LIMITED", retryAfter: expect.any(Number) as number } }]);
  await flip(ours);
  await until(() => client.of("next", "4").length === 2);
});

subscribedTenantsSuite(() => product);
