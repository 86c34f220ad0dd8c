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
import { type PublicUserRow, userEntity } from "#db/auth/users.ts";
import type { Database } from "#db/client.ts";
import { isUniqueViolation } from "#db/database-errors.ts";
import { isText, validText } from "#lib/graphql/arguments.ts";
import { userError } from "#lib/graphql/user-errors.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { done, errorsOf, notThere, refused } from "#subgraphs/use-case.ts";
import { permitAccount, permitGrantOf, permitRights, permitRole } from "../credentials/escalation.ts";
import { exceeding } from "../credentials/permissions.ts";
import { isReadable, writtenName } from "../names.ts";
import type { AuthServices } from "../services.ts";
import { type Outcome, write } from "../use-case.ts";

export interface RoleInput {
  name: string;
  description?: string | null | undefined;
  permissions: readonly string[];
}

/** Fields that are left out stay unchanged, and so do the name and the permissions when they are null. */
export interface RoleChange {
  id: string;
  name?: string | null | undefined;
  description?: string | null | undefined;
  permissions?: readonly string[] | null | undefined;
}

/** Creates a role of the tenant's own. It may hold no permission that its creator lacks. */
export async function createRole(
  services: AuthServices,
  request: RequestContext,
  { description = null, ...input }: RoleInput,
): Promise<Outcome<{ role: RoleRow }>> {
  const permissions = permitRights(request.identity, input.permissions, "permissions");
  const errors = [...(await problems(services.system, { ...input, description })), ...errorsOf(permissions)];
  if (errors.length > 0 || permissions.kind !== "done") return refused(...errors);
  const contents = { name: writtenName(input.name), description, permissions: permissions.value };
  return write(services, request, async (tx) => {
    const role = await insertRole(tx, contents);
    if (!role) return refused(userError("NAME_TAKEN", "name"));
    return done({ role }, { action: "role.create", metadata: { roleId: role.id } });
  });
}

/** Changes a role of the tenant's own. Neither its old nor its new permissions may exceed those of the caller. */
export async function updateRole(
  services: AuthServices,
  request: RequestContext,
  { id, ...change }: RoleChange,
): Promise<Outcome<{ role: RoleRow }>> {
  const changing = write(services, request, async (tx) => {
    const permitted = await permitRole(tx, request.identity, id);
    if (permitted.kind !== "done") return permitted;
    const { role } = permitted.value;
    const contents = {
      name: writtenName(change.name ?? role.name),
      description: change.description === undefined ? role.description : change.description,
      permissions: change.permissions ?? role.permissions,
    };
    const permissions = permitRights(request.identity, contents.permissions, "permissions");
    const errors = [...(await problems(services.system, contents, role.name)), ...errorsOf(permissions)];
    if (errors.length > 0 || permissions.kind !== "done") return refused(...errors);
    if (isAsBefore(role, contents)) return done({ role });
    const changed = await update(tx, permitted.value.id, { ...contents, permissions: permissions.value });
    if (!changed) return notThere("role");
    if (exceeding(contents.permissions, role.permissions).length > 0)
      await voidPasswordResets(tx, { roleId: permitted.value.id });
    return done({ role: changed }, { action: "role.update", metadata: { roleId: id } });
  });
  return changing.catch((error: unknown) => {
    if (isUniqueViolation(error)) return refused(userError("NAME_TAKEN", "name"));
    throw error;
  });
}

/** Deletes a role of the tenant's own and removes it from all users who have it. */
export async function deleteRole(
  services: AuthServices,
  request: RequestContext,
  { id }: { id: string },
): Promise<Outcome<{ role: RoleRow }>> {
  return write(services, request, async (tx) => {
    const permitted = await permitRole(tx, request.identity, id);
    if (permitted.kind !== "done") return permitted;
    const role = await remove(tx, permitted.value.id);
    return role ? done({ role }, { action: "role.delete", metadata: { roleId: id } }) : notThere("role");
  });
}

export interface Grant {
  userId: string;
  roleId: string;
}

/** Grants a role to a user, in addition to the default one. */
export const grantRole = (services: AuthServices, request: RequestContext, grant: Grant) =>
  changeGrant(services, request, "grant", grant);

/** Revokes a granted role from a user. */
export const revokeRole = (services: AuthServices, request: RequestContext, grant: Grant) =>
  changeGrant(services, request, "revoke", grant);

/** Neither the account nor the role may have more rights than the caller. */
async function changeGrant(
  services: AuthServices,
  request: RequestContext,
  what: "grant" | "revoke",
  { userId, roleId }: Grant,
): Promise<Outcome<{ user: PublicUserRow }>> {
  const { identity } = request;
  return write(services, request, async (tx) => {
    const account = await permitAccount(tx, identity, userId);
    const role = await permitGrantOf(tx, identity, roleId);
    if (account.kind === "not there" || role.kind === "not there") return notThere("user or role");
    if (account.kind === "refused") return account;
    if (role.kind === "refused") return role;
    const grantedBy = identity.kind === "user" && identity.userTenantId === undefined ? identity.id : null;
    const grant = { userId: account.value, roleId: role.value.id };
    const isChanged = what === "grant" ? await insertGrant(tx, { ...grant, grantedBy }) : await deleteGrant(tx, grant);
    if (isChanged && what === "grant") await voidPasswordResets(tx, { userId: account.value });
    const [user] = await userEntity.byId(tx, [userId]);
    if (!user) return notThere("user");
    return done({ user }, isChanged ? { action: `role.${what}`, metadata: { roleId, userId } } : undefined);
  });
}

/** Whether a change would leave a role as it is. The order of its permissions means nothing. */
const isAsBefore = (role: RoleRow, contents: Required<RoleInput>): boolean =>
  role.name === contents.name &&
  role.description === contents.description &&
  JSON.stringify(role.permissions.toSorted()) === JSON.stringify(contents.permissions.toSorted());

const roleNameRule =
  "A role's name has 1 to 100 characters, with letters of one script and without invisible characters.";

const longestDescription = 2_000;

/**
 * Returns the errors of a role's name. A name that the role already has is accepted.
 * @throws InvalidArgument for a description that is not valid text
 */
async function problems(system: Database, input: RoleInput, nameBefore?: string) {
  validText(input.description ?? "", "input.description", longestDescription);
  const name = writtenName(input.name);
  if (name === nameBefore) return [];
  if (name.length === 0 || name.length > 100 || !isText(name) || !isReadable(name))
    return [userError("NAME_INVALID", "name", roleNameRule)];
  return (await isBuiltInRole(system, name)) ? [userError("NAME_TAKEN", "name")] : [];
}
