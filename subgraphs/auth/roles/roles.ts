import { recordAudit } from "#db/auth/audit-writes.ts";
import { isBuiltInRole } from "#db/auth/credentials.ts";
import {
  deleteGrant,
  deleteRole as remove,
  insertGrant,
  insertRole,
  updateRole as update,
} from "#db/auth/role-writes.ts";
import type { RoleRow } from "#db/auth/schema/roles.ts";
import { voidPasswordResets } from "#db/auth/user-writes.ts";
import type { Database, WriteTx } from "#db/client.ts";
import { isUniqueViolation } from "#db/database-errors.ts";
import { isText, validText } from "#lib/graphql/arguments.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { isUserError, type UserError, userError } from "#lib/graphql/user-errors.ts";
import { permitAccount, permitGrantOf, permitRights, permitRole } from "../credentials/escalation.ts";
import { exceeding } from "../credentials/permissions.ts";
import { isReadable, writtenName } from "../names.ts";
import { actorOf, type AuthServices, scopeOf } from "../services.ts";

export interface RoleInput {
  name: string;
  description: string | null;
  permissions: readonly string[];
}

/** Fields that are left out stay unchanged. */
export type RoleChange = { [Part in keyof RoleInput]?: RoleInput[Part] | undefined };

/** Creates a role of the tenant's own. It may hold no permission that its creator lacks. */
export async function createRole(
  { database, system }: AuthServices,
  request: RequestContext,
  input: RoleInput,
): Promise<RoleRow | UserError[]> {
  const permissions = permitRights(request.identity, input.permissions, "permissions");
  const errors = [...(await problems(system, input)), ...(isUserError(permissions) ? [permissions] : [])];
  if (errors.length > 0 || isUserError(permissions)) return errors;
  return database.write(scopeOf(request), async (tx) => {
    const role = await insertRole(tx, { ...input, name: writtenName(input.name), permissions });
    if (!role) return [userError("NAME_TAKEN", undefined, "name")];
    await audit(tx, request, "role.create", { roleId: role.id });
    return role;
  });
}

/** Changes a role of the tenant's own; undefined when there is none. Neither its old nor its new permissions may exceed those of the caller. */
export async function updateRole(
  { database, system }: AuthServices,
  request: RequestContext,
  id: string,
  change: RoleChange,
): Promise<RoleRow | UserError[] | undefined> {
  const changing = database.write(scopeOf(request), async (tx) => {
    const judged = await permitRole(tx, request.identity, id);
    if (!judged) return undefined;
    if (isUserError(judged)) return [judged];
    const { role } = judged;
    const input = {
      name: writtenName(change.name ?? role.name),
      description: change.description === undefined ? role.description : change.description,
      permissions: change.permissions ?? role.permissions,
    };
    const permissions = permitRights(request.identity, input.permissions, "permissions");
    const errors = [...(await problems(system, input, role.name)), ...(isUserError(permissions) ? [permissions] : [])];
    if (errors.length > 0 || isUserError(permissions)) return errors;
    const changed = await update(tx, judged.id, { ...input, permissions });
    if (exceeding(permissions, role.permissions).length > 0) await voidPasswordResets(tx, { roleId: judged.id });
    await audit(tx, request, "role.update", { roleId: id });
    return changed;
  });
  return changing.catch((error: unknown) => {
    if (isUniqueViolation(error)) return [userError("NAME_TAKEN", undefined, "name")];
    throw error;
  });
}

/** Deletes a role of the tenant's own and removes it from all users who have it. */
export async function deleteRole(
  { database }: AuthServices,
  request: RequestContext,
  id: string,
): Promise<RoleRow | UserError[] | undefined> {
  return database.write(scopeOf(request), async (tx) => {
    const judged = await permitRole(tx, request.identity, id);
    if (!judged) return undefined;
    if (isUserError(judged)) return [judged];
    const removed = await remove(tx, judged.id);
    if (removed) await audit(tx, request, "role.delete", { roleId: id });
    return removed;
  });
}

/**
 * Grants a role to a user or revokes it; undefined when there is no such user or role. Neither the account nor the role may have more rights than the
 * caller.
 */
export async function changeGrant(
  { database }: AuthServices,
  request: RequestContext,
  what: "grant" | "revoke",
  roleId: string,
  userId: string,
): Promise<UserError[] | undefined> {
  const { identity } = request;
  return database.write(scopeOf(request), async (tx) => {
    const account = await permitAccount(tx, identity, userId);
    const role = await permitGrantOf(tx, identity, roleId);
    if (!account || !role) return undefined;
    if (isUserError(account)) return [account];
    if (isUserError(role)) return [role];
    const grantedBy = identity.kind === "user" && identity.userTenantId === undefined ? identity.id : null;
    const grant = { userId: account.id, roleId: role.id };
    const done = what === "grant" ? await insertGrant(tx, { ...grant, grantedBy }) : await deleteGrant(tx, grant);
    if (!done) return [];
    if (what === "grant") await voidPasswordResets(tx, { userId: account.id });
    await audit(tx, request, `role.${what}`, { roleId, userId });
    return [];
  });
}

const audit = (tx: WriteTx, request: RequestContext, action: string, metadata: Readonly<Record<string, string>>) =>
  recordAudit(tx, { ...actorOf(request), action, success: true, metadata });

const roleNameRule =
  "A role's name has 1 to 100 characters, with letters of one script and without invisible characters.";

const longestDescription = 2_000;

/**
 * Returns the errors of a role's name. A name that the role already has is accepted.
 * @throws InvalidArgument for a description that is not valid text
 */
async function problems(system: Database, input: RoleInput, nameBefore?: string): Promise<UserError[]> {
  validText(input.description ?? "", "input.description", longestDescription);
  const name = writtenName(input.name);
  if (name === nameBefore) return [];
  if (name.length === 0 || name.length > 100 || !isText(name) || !isReadable(name))
    return [userError("NAME_INVALID", roleNameRule, "name")];
  return (await isBuiltInRole(system, name)) ? [userError("NAME_TAKEN", undefined, "name")] : [];
}
