import { sql } from "drizzle-orm";
import type { ReadTx, WriteTx } from "../client.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { statement } from "../statement.ts";
import { signInAddresses } from "./schema/sign-in-addresses.ts";
import { tenants } from "./schema/tenants.ts";
import { type UserRow, users } from "./schema/users.ts";

const idAndTenant = sql`${users.id} = ${sql.placeholder("userId")}::uuid and ${ofTenant(users.tenantId)}`;
const isEnabled = sql`${users.disabledAt} is null and exists (select from ${tenants} where ${ofTenant(tenants.id)} and ${tenants.enabled})`;

/** How long an address is remembered after the last sign-in, and how many of a user are. */
const remembered = sql.raw("interval '90 days'");
const mostAddresses = sql.raw("16");
const addressesOfUser = sql`${signInAddresses.userId} = ${sql.placeholder("userId")}::uuid and ${ofTenant(signInAddresses.tenantId)}`;
const knownAddress = sql`${addressesOfUser} and ${signInAddresses.addressHash} = ${sql.placeholder("addressHash")}
  and ${signInAddresses.lastSignInAt} > now() - ${remembered}`;

/** Wrong tries that nothing follows from, and the longest lock. The first one lasts a second; it doubles with each further try. */
const freeAttempts = sql.raw("5");
const longestLock = sql.raw("interval '15 minutes'");
const lockAfter = (failed: typeof users.failedLoginAttempts | typeof signInAddresses.failedAttempts) => sql`
  case when ${failed} + 1 >= ${freeAttempts}
    then now() + least(interval '1 second' * power(2, least(${failed} + 1 - ${freeAttempts}, 20)), ${longestLock}) end`;

/** Who signs in, and where: wrong tries are counted for an address that the user has signed in from, or for all others together. */
export interface SignInPlace {
  userId: string;
  /** Null when the address is unknown. */
  addressHash: string | null;
}

export interface SignInUser extends Pick<UserRow, "passwordHash" | "mfaEnabled" | "mfaSecret"> {
  /** Whether the user has signed in from this address. */
  isKnownAddress: boolean;
  /** Whether the user may not try here now, or might not at some time since the try began. */
  isLocked: boolean;
  /** When this was read, by the database's clock. */
  readAt: string;
  /** The wrong tries here since the last right one. */
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
 * Undefined when the user is disabled or not there, or the tenant is disabled: then nobody may try.
 * @param since when the try began, if it has waited for others: a lock that they brought about holds for it too, even if it is over
 */
export async function signInUser(
  tx: ReadTx,
  place: SignInPlace,
  since: string | undefined,
): Promise<SignInUser | undefined> {
  return (await tx.run(read, { ...place, since: since ?? null, tenantId: tx.tenantId }))[0];
}

// Each statement locks the row that it counts in: of wrong tries at the same time each is one.
const count = statement<never>(
  () => sql`
    with counted as (
      update ${signInAddresses} set failed_attempts = ${signInAddresses.failedAttempts} + 1, locked_until = ${lockAfter(signInAddresses.failedAttempts)}
      where ${knownAddress} returning 1)
    update ${users} set failed_login_attempts = ${users.failedLoginAttempts} + 1, locked_until = ${lockAfter(users.failedLoginAttempts)}
    where ${idAndTenant} and not exists (select from counted)`,
);

/** Counts a wrong try, and locks when there were too many. Does nothing for who is not there, as the same statement. */
export const countWrongTry = (tx: WriteTx, place: SignInPlace): Promise<number> =>
  tx.execute(count, { ...place, tenantId: tx.tenantId });

const forget = statement<never>(
  () => sql`
    with forgotten as (
      update ${signInAddresses} set failed_attempts = 0, locked_until = null where ${knownAddress} returning 1)
    update ${users} set failed_login_attempts = 0, locked_until = null where ${idAndTenant} and not exists (select from forgotten)`,
);

/** Ends the count of wrong tries where the user has shown that the password is known. */
export const forgetWrongTries = (tx: WriteTx, place: SignInPlace): Promise<number> =>
  tx.execute(forget, { ...place, tenantId: tx.tenantId });

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
  /** The hash that the password was verified against: one that has changed meanwhile is not signed in with. */
  verifiedHash: string;
  /** Whether a second factor was in use, and its code verified. */
  mfaEnabled: boolean;
  /** The same password, hashed with today's parameters; null to keep it. */
  passwordHash: string | null;
}

/**
 * Ends the count of wrong tries at this place, and remembers the address. False when the password has changed meanwhile, a second factor was put to use
 * or taken off, or the user or the tenant was disabled.
 */
export async function completeSignIn(tx: WriteTx, place: SignInPlace, verified: VerifiedSignIn): Promise<boolean> {
  const values = { ...place, tenantId: tx.tenantId };
  if ((await tx.run(signedIn, { ...values, ...verified })).length === 0) return false;
  tx.enqueue(forget, values);
  if (place.addressHash === null) return true;
  tx.enqueue(remember, values);
  tx.enqueue(forgetOldest, values);
  return true;
}

const forgetAddresses = statement<never>(
  () => sql`
    delete from ${signInAddresses} where ${addressesOfUser}
      and ${signInAddresses.addressHash} is distinct from ${sql.placeholder("addressHash")}`,
);

/** Forgets where the user has signed in from, but for this address: a person who knew the password before is a stranger. */
export const forgetOtherAddresses = (tx: WriteTx, place: SignInPlace): Promise<number> =>
  tx.execute(forgetAddresses, { ...place, tenantId: tx.tenantId });
