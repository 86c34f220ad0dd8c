import { sql } from "drizzle-orm";
import type { WriteTx } from "../client.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { statement } from "../statement.ts";
import { tenants } from "./schema/tenants.ts";
import { type UserRow, users } from "./schema/users.ts";

const idAndTenant = sql`${users.id} = ${sql.placeholder("userId")}::uuid and ${ofTenant(users.tenantId)}`;
const isEnabled = sql`${users.disabledAt} is null and exists (select from ${tenants} where ${ofTenant(tenants.id)} and ${tenants.enabled})`;

/** Tries that nothing follows from, and how long the first lock after them lasts. It doubles with each further try. */
const freeAttempts = 5;
const longestLock = sql.raw("interval '15 minutes'");

export type SignInUser = Pick<UserRow, "passwordHash" | "mfaEnabled" | "mfaSecret">;

// Counted before anything is verified, in one statement that locks the row: of tries at the same time each is one.
const attempt = statement<SignInUser>(
  () => sql`
    update ${users} set failed_login_attempts = ${users.failedLoginAttempts} + 1,
      locked_until = case when ${users.failedLoginAttempts} + 1 >= ${freeAttempts}
        then now() + least(interval '1 second' * power(2, least(${users.failedLoginAttempts} + 1 - ${freeAttempts}, 20)), ${longestLock}) end
    where ${idAndTenant} and (${users.lockedUntil} is null or ${users.lockedUntil} <= now()) and ${isEnabled}
    returning ${users.passwordHash} as "passwordHash", ${users.mfaEnabled} as "mfaEnabled", ${users.mfaSecret} as "mfaSecret"`,
);

// A commit waits for the disk when something was written, and else it does not: from that wait one could tell who is there and not locked.
const withoutWaiting = statement<never>(() => sql`select set_config('synchronous_commit', 'off', true)`);

/**
 * Counts a try to sign in, in a transaction that ends in the same time whether there was something to count. Undefined when the user is locked,
 * disabled or not there, or his tenant is disabled: then nobody may try.
 */
export async function takeAttempt(tx: WriteTx, userId: string): Promise<SignInUser | undefined> {
  tx.enqueue(withoutWaiting);
  return (await tx.run(attempt, { userId, tenantId: tx.tenantId }))[0];
}

const signedIn = statement<{ id: string }>(
  () => sql`
    update ${users} set failed_login_attempts = 0, locked_until = null, last_login = now(),
      password_hash = coalesce(${sql.placeholder("passwordHash")}, ${users.passwordHash})
    where ${idAndTenant} and ${isEnabled} and ${users.passwordHash} = ${sql.placeholder("verifiedHash")}
    returning ${users.id} as "id"`,
);

export interface VerifiedSignIn {
  /** The hash that the password was verified against: one that has changed meanwhile is not signed in with. */
  verifiedHash: string;
  /** The same password, hashed with today's parameters; null to keep it. */
  passwordHash: string | null;
}

/** Ends the count of failed tries. False when the password has changed meanwhile, or the user or his tenant was disabled. */
export async function completeSignIn(tx: WriteTx, userId: string, verified: VerifiedSignIn): Promise<boolean> {
  return (await tx.run(signedIn, { userId, tenantId: tx.tenantId, ...verified })).length > 0;
}

const forget = statement<never>(
  () => sql`update ${users} set failed_login_attempts = 0, locked_until = null where ${idAndTenant}`,
);

/** Ends the count of failed tries of who has shown that he knows the password. */
export const forgetAttempts = (tx: WriteTx, userId: string): Promise<number> =>
  tx.execute(forget, { userId, tenantId: tx.tenantId });
