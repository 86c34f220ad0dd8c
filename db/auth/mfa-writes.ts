import { sql } from "drizzle-orm";
import type { WriteTx } from "../client.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import type { PermittedAccount } from "./permitted.ts";
import { recoveryCodes } from "./schema/recovery-codes.ts";
import { users } from "./schema/users.ts";

const theUser = sql`${users.id} = ${sql.placeholder("userId")}::uuid and ${ofTenant(users.tenantId)}`;

const put = statement<never>(
  () =>
    sql`update ${users} set mfa_secret = ${sql.placeholder("secret")}, mfa_last_step = null where ${theUser} and not ${users.mfaEnabled}`,
);

/** Stores the sealed secret of a second factor that is not confirmed yet. Returns false when the user already has one in use. */
export const putMfaSecret = async (tx: WriteTx, userId: PermittedAccount, secret: string): Promise<boolean> =>
  (await tx.execute(put, { userId, secret, tenantId: tx.tenantId })) > 0;

export interface MfaState {
  /** The sealed secret; null when none was set up. */
  secret: string | null;
  enabled: boolean;
}

const read = statement<MfaState>(
  () => sql`select ${users.mfaSecret} as "secret", ${users.mfaEnabled} as "enabled" from ${users} where ${theUser}`,
);

export async function mfaOf(tx: WriteTx, userId: string): Promise<MfaState | undefined> {
  return (await tx.run(read, { userId, tenantId: tx.tenantId }))[0];
}

const take = statement<never>(
  () => sql`
    update ${users} set mfa_last_step = ${sql.placeholder("step")}::bigint
    where ${theUser} and (${users.mfaLastStep} is null or ${users.mfaLastStep} < ${sql.placeholder("step")}::bigint)`,
);

/** Uses up the code of a time step. Returns false when that code, or a later one, was used before. */
export const takeMfaStep = async (tx: WriteTx, userId: string, step: number): Promise<boolean> =>
  (await tx.execute(take, { userId, step, tenantId: tx.tenantId })) > 0;

const enable = statement<never>(
  () => sql`update ${users} set mfa_enabled = true where ${theUser} and ${users.mfaSecret} is not null`,
);
const disable = statement<never>(
  () => sql`update ${users} set mfa_enabled = false, mfa_secret = null, mfa_last_step = null where ${theUser}`,
);
const removeCodes = statement<never>(
  () =>
    sql`delete from ${recoveryCodes} where ${recoveryCodes.userId} = ${sql.placeholder("userId")}::uuid and ${ofTenant(recoveryCodes.tenantId)}`,
);
const insertCodes = statement<never>(
  () => sql`
    insert into ${recoveryCodes} (user_id, tenant_id, code_hash)
    select ${sql.placeholder("userId")}::uuid, ${sql.placeholder("tenantId")}::uuid, code
    from unnest(${sql.placeholder("hashes")}::text[]) as code`,
);

/** Gives a user new recovery codes. The earlier ones become void. */
export async function replaceRecoveryCodes(
  tx: WriteTx,
  userId: PermittedAccount,
  hashes: readonly string[],
): Promise<void> {
  await tx.execute(removeCodes, { userId, tenantId: tx.tenantId });
  await tx.execute(insertCodes, { userId, hashes, tenantId: tx.tenantId });
}

/** Requires the user's second factor at sign-in from now on. */
export const enableMfa = (tx: WriteTx, userId: PermittedAccount): Promise<number> =>
  tx.execute(enable, { userId, tenantId: tx.tenantId });

/** Removes the second factor, and its recovery codes. */
export async function disableMfa(tx: WriteTx, userId: PermittedAccount): Promise<void> {
  await tx.execute(disable, { userId, tenantId: tx.tenantId });
  await tx.execute(removeCodes, { userId, tenantId: tx.tenantId });
}

const theCode = sql`${recoveryCodes.userId} = ${sql.placeholder("userId")}::uuid and ${ofTenant(recoveryCodes.tenantId)}
  and ${recoveryCodes.codeHash} = ${sql.placeholder("hash")}`;
const takeCode = statement<{ outcome: "right" | "used" | "wrong" }>(
  () => sql`
    with taken as (update ${recoveryCodes} set used_at = now() where ${theCode} and ${recoveryCodes.usedAt} is null returning 1)
    select case when exists (select from taken) then 'right' when exists (select from ${recoveryCodes} where ${theCode}) then 'used' else 'wrong' end
      as "outcome"`,
);

/** Uses up a recovery code. Returns `used` when it was used before, `wrong` when it is not the user's. */
export async function takeRecoveryCode(tx: WriteTx, userId: string, hash: string): Promise<"right" | "used" | "wrong"> {
  const [row] = await tx.run(takeCode, { userId, hash, tenantId: tx.tenantId });
  return row?.outcome ?? "wrong";
}
