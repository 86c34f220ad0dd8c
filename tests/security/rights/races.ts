import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { seededRandom } from "#tests/monitoring-db/metric-storage.ts";
import { tenants } from "./tenants.ts";
import type { Account, Held, World } from "./world.ts";

interface Contest {
  target: Account;
  /** A role of the target that has no permissions yet. */
  roleId: string;
}

type Mutation = [name: string, input: object];

/** Mutations by a user who has at least the target's rights before the race, and fewer afterwards. */
const attempts: Readonly<Record<string, (of: Contest) => Mutation>> = {
  createPasswordReset: ({ target }) => ["createPasswordReset", { userId: target.id }],
  disableUser: ({ target }) => ["disableUser", { id: target.id }],
  revokeUserSessions: ({ target }) => ["revokeUserSessions", { userId: target.id }],
  setUserRole: ({ target }) => ["setUserRole", { id: target.id, role: "USER" }],
  grantRole: ({ target, roleId }) => ["grantRole", { userId: target.id, roleId }],
  revokeRole: ({ target, roleId }) => ["revokeRole", { userId: target.id, roleId }],
  updateRole: ({ roleId }) => ["updateRole", { id: roleId, description: "mine" }],
  deleteRole: ({ roleId }) => ["deleteRole", { id: roleId }],
};

/** How an administrator gives the target more at the same time. */
const raises: Readonly<Record<string, (of: Contest, wideRoleId: string) => Mutation>> = {
  "another role": ({ target }, roleId) => ["grantRole", { userId: target.id, roleId }],
  "another default role": ({ target }) => ["setUserRole", { id: target.id, role: "ADMIN" }],
  "more permissions in a role that it has": ({ roleId }) => ["updateRole", { id: roleId, permissions: ["*"] }],
};

/** Returns the position of an action in the tenant's audit log, which is the order in which the transactions were committed. */
async function placeOf({ sql }: World, { account }: Held, { target, roleId }: Contest): Promise<number | undefined> {
  const [entry] = await sql<{ seq: number }[]>`
    select seq::int from auth_audit_log
    where tenant_id = ${target.tenantId} and user_id = ${account.id} and success
      and (metadata ->> 'userId' = ${target.id} or metadata ->> 'roleId' = ${roleId})`;
  return entry?.seq;
}

/**
 * Runs a mutation on an account, or on one of its roles, while an administrator gives the account more rights. Checks that the mutation is refused
 * when it comes later, and that no code for a new password remains from before.
 */
export async function race(world: World, seed: number): Promise<string> {
  const random = seededRandom(seed);
  const some = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  const [attempt, raise] = [some(Object.keys(attempts)), some(Object.keys(raises))];
  const rights = ["user:update", "role:*", "session:revoke"];
  const [target, roleId, wideRoleId, meddler, administrator] = await Promise.all([
    world.account(tenants.ours, "viewer"),
    world.role(tenants.ours, []),
    world.role(tenants.ours, ["audit:*"]),
    world.account(tenants.ours, "user", rights).then((account) => world.session(account)),
    world.account(tenants.ours, "admin").then((account) => world.session(account)),
  ]);
  await world.grant(target, roleId);
  await world.session(target);
  const contest: Contest = { target, roleId };
  const sent = async (held: Held, [name, input]: Mutation, after: number) => {
    await delay(after);
    return (await world.send(held, name, input)).outcome;
  };
  const outcomes = await Promise.all([
    sent(meddler, (attempts[attempt] as (typeof attempts)[string])(contest), random() * 6),
    sent(administrator, (raises[raise] as (typeof raises)[string])(contest, wideRoleId), random() * 6),
  ]);
  const label = `${attempt} against ${raise}, seed ${seed}: ${outcomes.join(", ")}`;
  const [mine, raised] = [await placeOf(world, meddler, contest), await placeOf(world, administrator, contest)];
  // The role may be deleted before it can hold more permissions or be granted.
  if (outcomes[1] === "DONE" && raised !== undefined && concerns(attempt, raise)) {
    if (outcomes[0] === "DONE" && mine !== undefined) expect(mine, label).toBeLessThan(raised);
    const codes = await world.sql`select from password_resets where user_id = ${target.id}`;
    expect(codes, label).toHaveLength(0);
  }
  return outcomes.join(", ");
}

/** Whether the object of the attempt has more rights afterwards. */
const concerns = (attempt: string, raise: string): boolean =>
  !["updateRole", "deleteRole"].includes(attempt) || raise === "more permissions in a role that it has";
