import { sql, type SQLWrapper } from "drizzle-orm";
import { changeColumns, changeEvents, type ChangedRow } from "../changes.ts";
import type { ReadTx, WriteTx } from "../client.ts";
import { append } from "../event-log/append.ts";
import { selectList } from "../rows.ts";
import { countedWrite } from "../row-writes.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { statement } from "../statement.ts";
import { userChanges } from "./changes.ts";
import type { PermittedAccount } from "./permitted.ts";
import { signInAddresses } from "./schema/sign-in-addresses.ts";
import { tenants } from "./schema/tenants.ts";
import { type UserRow, users } from "./schema/users.ts";
import { type PublicUserRow, userSecrets } from "./users.ts";

const idAndTenant = sql`${users.id} = ${sql.placeholder("userId")}::uuid and ${ofTenant(users.tenantId)}`;
const isEnabled = sql`${users.disabledAt} is null and exists (select from ${tenants} where ${ofTenant(tenants.id)} and ${tenants.enabled})`;

/** How long an address is remembered after the last sign-in, and how many addresses of a user are remembered. */
const remembered = sql.raw("interval '90 days'");
const mostAddresses = sql.raw("16");
const addressesOfUser = sql`${signInAddresses.userId} = ${sql.placeholder("userId")}::uuid and ${ofTenant(signInAddresses.tenantId)}`;
const knownAddress = sql`${addressesOfUser} and ${signInAddresses.addressHash} = ${sql.placeholder("addressHash")}
  and ${signInAddresses.lastSignInAt} > now() - ${remembered}`;

/** The number of wrong attempts without consequence, and the longest lock. The first lock lasts a second. It doubles with each further attempt. */
const freeAttempts = sql.raw("5");
const longestLock = sql.raw("interval '15 minutes'");
const lockAfter = (failed: typeof users.failedLoginAttempts | typeof signInAddresses.failedAttempts) => sql`
  case when ${failed} + 1 >= ${freeAttempts}
    then now() + least(interval '1 second' * power(2, least(${failed} + 1 - ${freeAttempts}, 20)), ${longestLock}) end`;

/** The user who signs in, and where. Wrong attempts are counted for one address that the user has signed in from, or for all other addresses in one count. */
export interface SignInSource {
  userId: string;
  /** Null when the address is unknown. */
  addressHash: string | null;
}

export interface SignInUser extends Pick<UserRow, "passwordHash" | "mfaEnabled" | "mfaSecret"> {
  /** Whether the user has signed in from this address. */
  isKnownAddress: boolean;
  /** Whether the user may not sign in here now, or was locked at some time since the attempt began. */
  isLocked: boolean;
  /** When this was read, by the database's clock. */
  readAt: string;
  /** The wrong attempts here since the last successful one. */
  failedAttempts: number;
}

const read = statement<SignInUser>(
  () => sql`
    select ${users.passwordHash} as "passwordHash", ${users.mfaEnabled} as "mfaEnabled", ${users.mfaSecret} as "mfaSecret",
      known.found is true as "isKnownAddress",
      coalesce(case when known.found then known.locked_until else ${users.lockedUntil} end > coalesce(${sql.placeholder("since")}::timestamptz, now()), false) as "isLocked",
      now()::text as "readAt",
      case when known.found then known.failed else ${users.failedLoginAttempts} end as "failedAttempts"
    from ${users} left join lateral (
      select true as found, ${signInAddresses.lockedUntil} as locked_until, ${signInAddresses.failedAttempts} as failed
      from ${signInAddresses} where ${knownAddress}) as known on true
    where ${idAndTenant} and ${isEnabled}`,
);

/**
 * Returns undefined when the user is disabled or does not exist, or the tenant is disabled: then no attempt is allowed.
 * @param since when the attempt began, if it has waited for others: a lock that those caused applies to it too, even if it has ended
 */
export async function signInUser(
  tx: ReadTx,
  source: SignInSource,
  since: string | undefined,
): Promise<SignInUser | undefined> {
  return (await tx.run(read, { ...source, since: since ?? null, tenantId: tx.tenantId }))[0];
}

// Each statement locks the row in which it counts, so each of several wrong attempts at the same time is counted.
const count = statement<never>(
  () => sql`
    with counted as (
      update ${signInAddresses} set failed_attempts = ${signInAddresses.failedAttempts} + 1, locked_until = ${lockAfter(signInAddresses.failedAttempts)}
      where ${knownAddress} returning 1)
    update ${users} set failed_login_attempts = ${users.failedLoginAttempts} + 1, locked_until = ${lockAfter(users.failedLoginAttempts)}
    where ${idAndTenant} and not exists (select from counted)`,
);

/** Counts a wrong attempt, and locks when there were too many. For a user who does not exist, the same statement runs and changes nothing. */
export const countWrongTry = (tx: WriteTx, source: SignInSource): Promise<number> =>
  tx.execute(count, { ...source, tenantId: tx.tenantId });

const forget = statement<never>(
  () => sql`
    with forgotten as (
      update ${signInAddresses} set failed_attempts = 0, locked_until = null where ${knownAddress} returning 1)
    update ${users} set failed_login_attempts = 0, locked_until = null where ${idAndTenant} and not exists (select from forgotten)`,
);

/** Resets the count of wrong attempts where the user has shown that they know the password. */
export const forgetWrongTries = (tx: WriteTx, source: SignInSource): Promise<number> =>
  tx.execute(forget, { ...source, tenantId: tx.tenantId });

const hasFailed = (failed: SQLWrapper, lockedUntil: SQLWrapper) => sql`(${failed} > 0 or ${lockedUntil} is not null)`;
const forgetAll = statement<PublicUserRow & ChangedRow>(
  () => sql`
    with forgotten as (
      update ${signInAddresses} set failed_attempts = 0, locked_until = null
      where ${addressesOfUser} and ${hasFailed(signInAddresses.failedAttempts, signInAddresses.lockedUntil)} returning 1)
    update ${users} set failed_login_attempts = 0, locked_until = null, ${countedWrite(users)}
    where ${idAndTenant} and (${hasFailed(users.failedLoginAttempts, users.lockedUntil)} or exists (select from forgotten))
    returning ${changeColumns(userChanges)}, ${selectList({ table: users, omit: userSecrets })}`,
);

/** Resets the count of wrong attempts of a user, from all addresses. Returns undefined when there were none. */
export async function forgetAllWrongTries(tx: WriteTx, userId: PermittedAccount): Promise<PublicUserRow | undefined> {
  const rows = await tx.run(forgetAll, { userId, tenantId: tx.tenantId });
  await append(tx, changeEvents(userChanges, rows, "updated"));
  return rows[0];
}

const signedIn = statement<{ id: string }>(
  () => sql`
    update ${users} set last_login = now(), password_hash = coalesce(${sql.placeholder("passwordHash")}, ${users.passwordHash})
    where ${idAndTenant} and ${isEnabled} and ${users.passwordHash} = ${sql.placeholder("verifiedHash")}
      and ${users.mfaEnabled} = ${sql.placeholder("mfaEnabled")}::boolean
    returning ${users.id} as "id"`,
);
const remember = statement<never>(
  () => sql`
    insert into ${signInAddresses} (user_id, tenant_id, address_hash)
    values (${sql.placeholder("userId")}::uuid, ${sql.placeholder("tenantId")}::uuid, ${sql.placeholder("addressHash")})
    on conflict (user_id, address_hash) do update set failed_attempts = 0, locked_until = null, last_sign_in_at = now()
    where ${ofTenant(signInAddresses.tenantId)}`,
);
const forgetOldest = statement<never>(
  () => sql`
    delete from ${signInAddresses} where ${addressesOfUser} and (${signInAddresses.lastSignInAt} <= now() - ${remembered}
      or ${signInAddresses.addressHash} in (
        select ${signInAddresses.addressHash} from ${signInAddresses} where ${addressesOfUser}
        order by ${signInAddresses.lastSignInAt} desc, ${signInAddresses.addressHash} offset ${mostAddresses}))`,
);

export interface VerifiedSignIn {
  /** The hash that the password was verified against. If the stored hash has changed meanwhile, the sign-in fails. */
  verifiedHash: string;
  /** Whether a second factor was in use, and its code verified. */
  mfaEnabled: boolean;
  /** The same password, hashed with today's parameters; null to keep the stored hash. */
  passwordHash: string | null;
}

/**
 * Resets the count of wrong attempts at this place, and remembers the address. Returns false when the password has changed meanwhile, a second factor was
 * enabled or disabled, or the user or the tenant was disabled.
 */
export async function completeSignIn(tx: WriteTx, source: SignInSource, verified: VerifiedSignIn): Promise<boolean> {
  const values = { ...source, tenantId: tx.tenantId };
  if ((await tx.run(signedIn, { ...values, ...verified })).length === 0) return false;
  tx.enqueue(forget, values);
  if (source.addressHash === null) return true;
  tx.enqueue(remember, values);
  tx.enqueue(forgetOldest, values);
  return true;
}

const forgetAddresses = statement<never>(
  () => sql`
    delete from ${signInAddresses} where ${addressesOfUser}
      and ${signInAddresses.addressHash} is distinct from ${sql.placeholder("addressHash")}`,
);

/** Removes the user's remembered addresses except this one: a person who knew the old password must count as a stranger. */
export const forgetOtherAddresses = (tx: WriteTx, source: SignInSource): Promise<number> =>
  tx.execute(forgetAddresses, { ...source, tenantId: tx.tenantId });
