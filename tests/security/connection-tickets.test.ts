import { afterAll, beforeAll, expect, it } from "vitest";
import { anonymous, type Identity } from "#lib/trust/request-context.ts";
import { tenants } from "./rights/tenants.ts";
import { type Held, World } from "./rights/world.ts";

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

/** The gateway, which belongs to no tenant. */
const service: Identity = { ...anonymous, kind: "service", id: "gateway" };
const execute = (identity: Identity, query: string, variables = {}) =>
  world.auth.execute({ query, variables }, { identity, requestId: "request", deadline: Date.now() + 10_000 });

interface Ticket {
  ticket: string;
  expiresAt: string;
}
async function ticketOf({ token }: Held): Promise<Ticket> {
  const identity = (await world.identityOf(token)) as Identity;
  const { data } = await execute(identity, "mutation { made: createConnectionTicket { ticket expiresAt } }");
  return data?.["made"] as Ticket;
}
async function redeemed(ticket: string): Promise<unknown> {
  const { data, errors } = await execute(
    service,
    `mutation ($ticket: String!) { redeemed: redeemConnectionTicket(input: { ticket: $ticket }) {
      validToken { kind credentialId userId userTenantId tenantId permissions } } }`,
    { ticket },
  );
  expect(errors).toBeUndefined();
  return (data?.["redeemed"] as { validToken: unknown } | undefined)?.validToken;
}

it("a ticket represents its credential, with the rights and the tenant of that credential, once and for a minute", async () => {
  const visitor = await world.account(tenants.platform, "operator");
  const session = await world.session(visitor, tenants.ours);
  const key = await world.key(visitor, ["vm:read"], tenants.ours);
  for (const [held, kind] of [
    [session, "SESSION"],
    [key, "API_KEY"],
  ] as const) {
    const { ticket, expiresAt } = await ticketOf(held);
    const left = new Date(expiresAt).getTime() - Date.now();
    expect([left > 50_000, left <= 60_000]).toEqual([true, true]);
    const { permissions } = (await world.identityOf(held.token)) as Identity;
    expect(await redeemed(ticket)).toEqual({
      kind,
      credentialId: held.id,
      userId: visitor.id,
      userTenantId: tenants.platform,
      tenantId: tenants.ours,
      permissions,
    });
    expect(await redeemed(ticket)).toBeNull();
  }
});

it("a ticket is invalid once its credential is, and so is a text that is no ticket", async () => {
  const account = await world.account(tenants.ours, "viewer");
  const [session, key] = [await world.session(account), await world.key(account, ["*"])];
  const tickets = [await ticketOf(session), await ticketOf(key)];
  await world.send(session, "signOut");
  await world.send(key, "revokeApiKey", { id: key.id });
  for (const { ticket } of [...tickets, { ticket: "" }, { ticket: "nvt_x" }, { ticket: session.token }])
    expect(await redeemed(ticket)).toBeNull();
});

it("a caller without a session or a key gets no ticket", async () => {
  const { data, errors } = await execute(service, "mutation { createConnectionTicket { ticket } }");
  expect(data).toEqual({ createConnectionTicket: null });
  expect(errors?.map(({ extensions }) => extensions["code"])).toEqual(["FORBIDDEN"]);
});
