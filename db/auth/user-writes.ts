import { sql, type SQL } from "drizzle-orm";
import { newId } from "#lib/uuid.ts";
import { changeColumns, changeEvents, type ChangedRow } from "../changes.ts";
import type { Tx, WriteTx } from "../client.ts";
import { append } from "../event-log/append.ts";
import { countedWrite } from "../row-writes.ts";
import { selectList } from "../rows.ts";
import { type Statement, statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { userChanges } from "./changes.ts";
import type { Permitted, PermittedAccount, PermittedRole } from "./permitted.ts";
import { passwordResets } from "./schema/password-resets.ts";
import { users } from "./schema/users.ts";
import { userRoles } from "./schema/user-roles.ts";
import { type PublicUserRow, userSecrets } from "./users.ts";

const returned = sql`${changeColumns(userChanges)}, ${selectList({ table: users, omit: userSecrets })}`;
const theUser = sql`${users.id} = ${sql.placeholder("userId")}::uuid and ${ofTenant(users.tenantId)}`;

/** A built-in role by its name, whose rights the caller may grant. */
export type PermittedDefaultRole = Permitted<"default role", PublicUserRow["role"]>;

export interface NewUser {
  username: string;
  email: string;
  role: PermittedDefaultRole;
  passwordHash: string;
}

const insert = statement<PublicUserRow & ChangedRow>(
  () => sql`
    insert into ${users} (id, tenant_id, username, email, role, password_hash)
    values (${sql.placeholder("id")}::uuid, ${sql.placeholder("tenantId")}::uuid, ${sql.placeholder("username")}, ${sql.placeholder("email")},
      ${sql.placeholder("role")}::user_role_enum, ${sql.placeholder("passwordHash")})
    on conflict do nothing returning ${returned}`,
);

/** Returns undefined when the name or the address belongs to another user of the tenant. */
export async function insertUser(tx: WriteTx, user: NewUser): Promise<PublicUserRow | undefined> {
  const rows = await tx.run(insert, { ...user, id: newId(), tenantId: tx.tenantId });
  await append(tx, changeEvents(userChanges, rows));
  return rows[0];
}

const update = (set: () => SQL, unless: () => SQL = () => sql`true`): Statement<PublicUserRow & ChangedRow> =>
  statement(
    () => sql`
      update ${users} set ${set()}, ${countedWrite(users)} where ${theUser} and ${unless()} returning ${returned}`,
  );

const updates = {
  role: update(
    () => sql`role = ${sql.placeholder("role")}::user_role_enum`,
    () => sql`${users.role} <> ${sql.placeholder("role")}::user_role_enum`,
  ),
  disabled: update(
    () => sql`disabled_at = now()`,
    () => sql`${users.disabledAt} is null`,
  ),
  enabled: update(
    () => sql`disabled_at = null`,
    () => sql`${users.disabledAt} is not null`,
  ),
  // A user who sets a password has proved that the account is theirs. The lock is for users who have not.
  password: update(
    () =>
      sql`password_hash = ${sql.placeholder("passwordHash")}, password_changed_at = now(), failed_login_attempts = 0, locked_until = null`,
  ),
};

/**
 * Changes a user. Returns undefined when the tenant has no such user, or there is nothing to change. A code for a new password was made for the account as it
 * was, so the change makes the code void.
 */
export async function updateUser(
  tx: WriteTx,
  userId: PermittedAccount,
  what: keyof typeof updates,
  values: { role?: PermittedDefaultRole; passwordHash?: string } = {},
): Promise<PublicUserRow | undefined> {
  const rows = await tx.run(updates[what], { ...values, userId, tenantId: tx.tenantId });
  if (rows.length > 0) await voidPasswordResets(tx, { userId });
  await append(tx, changeEvents(userChanges, rows, "updated"));
  return rows[0];
}

const administrators = statement<{ id: string }>(
  () => sql`
    select ${users.id} as "id" from ${users}
    where ${ofTenant(users.tenantId)} and ${users.role} = 'admin' and ${users.disabledAt} is null order by ${users.id} for no key update`,
);

/** Returns the administrators of the tenant who can sign in, locked until the transaction ends: when two disable each other at once, one stays. */
export async function lockAdministrators(tx: WriteTx): Promise<string[]> {
  return (await tx.run(administrators, { tenantId: tx.tenantId })).map(({ id }) => id);
}

const insertReset = statement<{ expiresAt: Date }>(
  () => sql`
    insert into ${passwordResets} (user_id, tenant_id, code_hash, expires_at, created_by)
    select ${users.id}, ${users.tenantId}, ${sql.placeholder("codeHash")}, now() + ${sql.placeholder("lifetime")}::interval, ${sql.placeholder("createdBy")}::uuid
    from ${users} where ${theUser} and ${users.disabledAt} is null
    on conflict (user_id) do update set code_hash = excluded.code_hash, expires_at = excluded.expires_at, created_by = excluded.created_by,
      created_at = now()
    where ${ofTenant(passwordResets.tenantId)}
    returning ${passwordResets.expiresAt} as "expiresAt"`,
);

export interface NewPasswordReset {
  userId: PermittedAccount;
  codeHash: string;
  /** How long the code is valid, as an ISO 8601 duration. */
  lifetime: string;
  createdBy: string | null;
}

/** Inserts the one code of a user, in place of any earlier one. Returns undefined when there is no such user who can sign in. */
export async function insertPasswordReset(tx: WriteTx, reset: NewPasswordReset): Promise<Date | undefined> {
  return (await tx.run(insertReset, { ...reset, tenantId: tx.tenantId }))[0]?.expiresAt;
}

const takeReset = statement<{ createdBy: string | null }>(
  () => sql`
    delete from ${passwordResets}
    where ${passwordResets.userId} = ${sql.placeholder("userId")}::uuid and ${ofTenant(passwordResets.tenantId)}
      and ${passwordResets.codeHash} = ${sql.placeholder("codeHash")} and ${passwordResets.expiresAt} > now()
    returning ${passwordResets.createdBy} as "createdBy"`,
);

const readReset = statement<{ found: boolean }>(
  () => sql`
    select exists (select from ${passwordResets}
      where ${passwordResets.userId} = ${sql.placeholder("userId")}::uuid and ${ofTenant(passwordResets.tenantId)}
        and ${passwordResets.codeHash} = ${sql.placeholder("codeHash")} and ${passwordResets.expiresAt} > now()) as "found"`,
);

/** Returns whether a code is the user's and can be used. */
export async function isPasswordReset(tx: Tx, userId: string, codeHash: string): Promise<boolean> {
  return (await tx.run(readReset, { userId, codeHash, tenantId: tx.tenantId }))[0]?.found ?? false;
}

/**
 * Uses up a code. Returns undefined when it is not the user's, was used, or has expired.
 * @returns the user who created it, null for the command line
 */
export async function takePasswordReset(
  tx: WriteTx,
  userId: string,
  codeHash: string,
): Promise<{ createdBy: string | null } | undefined> {
  return (await tx.run(takeReset, { userId, codeHash, tenantId: tx.tenantId }))[0];
}

const voidResets = statement<never>(
  () => sql`
    delete from ${passwordResets} where ${ofTenant(passwordResets.tenantId)} and (
      ${passwordResets.userId} = ${sql.placeholder("userId")}::uuid
      or ${passwordResets.userId} in (select ${userRoles.userId} from ${userRoles}
        where ${userRoles.roleId} = ${sql.placeholder("roleId")}::uuid and ${ofTenant(userRoles.tenantId)}))`,
);

/**
 * Makes codes void because the rights of an account, or of all users with a role, increase. The person who made or holds a code may not have the added rights.
 */
export const voidPasswordResets = (
  tx: WriteTx,
  { userId, roleId }: { userId?: PermittedAccount; roleId?: PermittedRole },
): Promise<number> => tx.execute(voidResets, { userId: userId ?? null, roleId: roleId ?? null, tenantId: tx.tenantId });
