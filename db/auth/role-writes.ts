import { sql } from "drizzle-orm";
import { newId } from "#lib/uuid.ts";
import { changeColumns, changeEvents, type ChangedRow } from "../changes.ts";
import type { WriteTx } from "../client.ts";
import { append } from "../event-log/append.ts";
import { countedWrite } from "../row-writes.ts";
import { selectList } from "../rows.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { roleChanges, roleGrantChanges } from "./changes.ts";
import type { PermittedAccount, PermittedRights, PermittedRole } from "./permitted.ts";
import { type RoleRow, roles } from "./schema/roles.ts";
import { type UserRoleRow, userRoles } from "./schema/user-roles.ts";
import { users } from "./schema/users.ts";

const returned = sql`${changeColumns(roleChanges)}, ${selectList({ table: roles })}`;
const own = sql`${roles.id} = ${sql.placeholder("id")}::uuid and ${ofTenant(roles.tenantId)}`;

export interface RoleContents {
  name: string;
  description: string | null;
  permissions: PermittedRights;
}

const asValues = ({ permissions, ...rest }: RoleContents) => ({ ...rest, permissions: JSON.stringify(permissions) });

const insert = statement<RoleRow & ChangedRow>(
  () => sql`
    insert into ${roles} (id, tenant_id, name, description, permissions)
    values (${sql.placeholder("id")}::uuid, ${sql.placeholder("tenantId")}::uuid, ${sql.placeholder("name")}, ${sql.placeholder("description")},
      ${sql.placeholder("permissions")}::text::jsonb)
    on conflict do nothing returning ${returned}`,
);

/** Returns undefined when the tenant already has a role of this name. */
export async function insertRole(tx: WriteTx, role: RoleContents): Promise<RoleRow | undefined> {
  const rows = await tx.run(insert, { ...asValues(role), id: newId(), tenantId: tx.tenantId });
  await append(tx, changeEvents(roleChanges, rows));
  return rows[0];
}

const update = statement<RoleRow & ChangedRow>(
  () => sql`
    update ${roles} set name = ${sql.placeholder("name")}, description = ${sql.placeholder("description")},
      permissions = ${sql.placeholder("permissions")}::text::jsonb, ${countedWrite(roles)}
    where ${own} returning ${returned}`,
);

/** Returns undefined when the tenant has no such role of its own. */
export async function updateRole(tx: WriteTx, id: PermittedRole, role: RoleContents): Promise<RoleRow | undefined> {
  const rows = await tx.run(update, { ...asValues(role), id, tenantId: tx.tenantId });
  await append(tx, changeEvents(roleChanges, rows, "updated"));
  return rows[0];
}

const remove = statement<RoleRow & ChangedRow>(() => sql`delete from ${roles} where ${own} returning ${returned}`);
const grantsOf = statement<UserRoleRow & ChangedRow>(
  () => sql`
    delete from ${userRoles} where ${userRoles.roleId} = ${sql.placeholder("id")}::uuid and ${ofTenant(userRoles.tenantId)}
    returning ${changeColumns(roleGrantChanges)}, ${selectList({ table: userRoles })}`,
);

/** Deletes a role of the tenant and revokes it from all users who have it. Returns undefined when there is no such role. */
export async function deleteRole(tx: WriteTx, id: PermittedRole): Promise<RoleRow | undefined> {
  const taken = await tx.run(grantsOf, { id, tenantId: tx.tenantId });
  const rows = await tx.run(remove, { id, tenantId: tx.tenantId });
  if (rows.length === 0) return undefined;
  await append(tx, [
    ...changeEvents(roleGrantChanges, taken, "deleted"),
    ...changeEvents(roleChanges, rows, "deleted"),
  ]);
  return rows[0];
}

const grant = statement<UserRoleRow & ChangedRow>(
  () => sql`
    insert into ${userRoles} (user_id, role_id, tenant_id, granted_by)
    select ${users.id}, ${sql.placeholder("roleId")}::uuid, ${users.tenantId}, ${sql.placeholder("grantedBy")}::uuid
    from ${users} where ${users.id} = ${sql.placeholder("userId")}::uuid and ${ofTenant(users.tenantId)}
    on conflict do nothing returning ${changeColumns(roleGrantChanges)}, ${selectList({ table: userRoles })}`,
);

/** Grants a user of the tenant a role in addition to the default one. Returns false when the user has the role already or does not exist. */
export async function insertGrant(
  tx: WriteTx,
  given: { userId: PermittedAccount; roleId: PermittedRole; grantedBy: string | null },
): Promise<boolean> {
  const rows = await tx.run(grant, { ...given, tenantId: tx.tenantId });
  await append(tx, changeEvents(roleGrantChanges, rows));
  return rows.length > 0;
}

const take = statement<UserRoleRow & ChangedRow>(
  () => sql`
    delete from ${userRoles} where ${userRoles.userId} = ${sql.placeholder("userId")}::uuid
      and ${userRoles.roleId} = ${sql.placeholder("roleId")}::uuid and ${ofTenant(userRoles.tenantId)}
    returning ${changeColumns(roleGrantChanges)}, ${selectList({ table: userRoles })}`,
);

/** Revokes a role from a user. Returns false when the user does not have it. */
export async function deleteGrant(
  tx: WriteTx,
  taken: { userId: PermittedAccount; roleId: PermittedRole },
): Promise<boolean> {
  const rows = await tx.run(take, { ...taken, tenantId: tx.tenantId });
  await append(tx, changeEvents(roleGrantChanges, rows, "deleted"));
  return rows.length > 0;
}
