import { recordAudit } from "#db/auth/audit-writes.ts";
import { isBuiltInRole } from "#db/auth/credentials.ts";
import {
  deleteGrant,
  deleteRole as remove,
  insertGrant,
  insertRole,
  type RoleContents,
  updateRole as update,
} from "#db/auth/role-writes.ts";
import type { RoleRow } from "#db/auth/schema/roles.ts";
import type { Database } from "#db/client.ts";
import { isUniqueViolation } from "#db/database-errors.ts";
import { isText, validText } from "#lib/arguments.ts";
import type { RequestContext } from "#lib/request-context.ts";
import { type UserError, userError } from "#lib/user-errors.ts";
import { exceeding, isPermission } from "../credentials/permissions.ts";
import { isReadable, writtenName } from "../names.ts";
import { actorOf, type AuthServices, scopeOf } from "../services.ts";

/** Makes a role of the tenant's own, with nothing that its maker may not do. */
export async function createRole(
  { database, system }: AuthServices,
  request: RequestContext,
  input: RoleContents,
): Promise<RoleRow | UserError[]> {
  const errors = await problems(system, input, request);
  if (errors.length > 0) return errors;
  return database.write(scopeOf(request), async (tx) => {
    const role = await insertRole(tx, { ...input, name: writtenName(input.name) });
    if (!role) return [userError("NAME_TAKEN", undefined, "name")];
    await recordAudit(tx, { ...actorOf(request), action: "role.create", success: true, metadata: { roleId: role.id } });
    return role;
  });
}

/** Changes a role of the tenant's own; undefined when there is none. Nobody may change one that holds more than he may do. */
export async function updateRole(
  { database, system }: AuthServices,
  request: RequestContext,
  role: RoleRow,
  input: RoleContents,
): Promise<RoleRow | UserError[] | undefined> {
  const errors = [...(await problems(system, input, request, role.name)), ...beyond(role, request)];
  if (role.tenantId === null) errors.push(userError("ROLE_BUILT_IN"));
  if (errors.length > 0) return errors;
  const change = database.write(scopeOf(request), async (tx) => {
    const changed = await update(tx, role.id, { ...input, name: writtenName(input.name) });
    if (!changed) return undefined;
    await recordAudit(tx, { ...actorOf(request), action: "role.update", success: true, metadata: { roleId: role.id } });
    return changed;
  });
  return change.catch((error: unknown) => {
    if (isUniqueViolation(error)) return [userError("NAME_TAKEN", undefined, "name")];
    throw error;
  });
}

/** Removes a role of the tenant's own and takes it from all who have it. */
export async function deleteRole(
  { database }: AuthServices,
  request: RequestContext,
  role: RoleRow,
): Promise<RoleRow | UserError[] | undefined> {
  if (role.tenantId === null) return [userError("ROLE_BUILT_IN")];
  const errors = beyond(role, request);
  if (errors.length > 0) return errors;
  return database.write(scopeOf(request), async (tx) => {
    const removed = await remove(tx, role.id);
    if (removed)
      await recordAudit(tx, {
        ...actorOf(request),
        action: "role.delete",
        success: true,
        metadata: { roleId: role.id },
      });
    return removed;
  });
}

/** Gives a user a role, or takes it from him; nobody gives or takes what he may not do himself. */
export async function changeGrant(
  { database }: AuthServices,
  request: RequestContext,
  what: "grant" | "revoke",
  role: RoleRow,
  userId: string,
): Promise<UserError[]> {
  const errors = beyond(role, request);
  if (errors.length > 0) return errors;
  const { identity } = request;
  await database.write(scopeOf(request), async (tx) => {
    const grantedBy = identity.kind === "user" && identity.userTenantId === undefined ? identity.id : null;
    const done =
      what === "grant"
        ? await insertGrant(tx, { userId, roleId: role.id, grantedBy })
        : await deleteGrant(tx, { userId, roleId: role.id });
    if (done)
      await recordAudit(tx, {
        ...actorOf(request),
        action: `role.${what}`,
        success: true,
        metadata: { roleId: role.id, userId },
      });
  });
  return [];
}

const longestDescription = 2_000;

/**
 * What is wrong with the contents of a role; a name that it has already stays right.
 * @throws InvalidArgument for a description that is no text of ours
 */
async function problems(
  system: Database,
  input: RoleContents,
  { identity }: RequestContext,
  nameBefore?: string,
): Promise<UserError[]> {
  const errors: UserError[] = [];
  validText(input.description ?? "", "input.description", longestDescription);
  const name = writtenName(input.name);
  const isNew = name !== nameBefore;
  if (isNew && (name.length === 0 || name.length > 100 || !isText(name) || !isReadable(name)))
    errors.push(userError("NAME_INVALID", undefined, "name"));
  else if (isNew && (await isBuiltInRole(system, name))) errors.push(userError("NAME_TAKEN", undefined, "name"));
  const { permissions } = input;
  if (permissions.length > 100 || !permissions.every(isPermission))
    errors.push(userError("PERMISSION_INVALID", undefined, "permissions"));
  else errors.push(...exceeds(permissions, identity.permissions, "permissions"));
  return errors;
}

const beyond = ({ permissions }: RoleRow, { identity }: RequestContext) => exceeds(permissions, identity.permissions);

function exceeds(wanted: readonly string[], rights: readonly string[], field?: string): UserError[] {
  const more = exceeding(wanted, rights);
  return more.length > 0
    ? [userError("SCOPE_EXCEEDS_RIGHTS", `You may not do this yourself: ${more.join(", ")}.`, field)]
    : [];
}
