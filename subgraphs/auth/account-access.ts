import { grants, type RequestContext, requirePermission } from "#lib/trust/request-context.ts";
import type { AuthContext } from "./context.ts";
import { exceeding } from "./credentials/permissions.ts";

/**
 * Admits a caller who has the permission, and a user to the data under their own account. Objects of every domain refer to users and tenants, so a
 * caller reaches them without a root field of this subgraph. An API key with fewer rights than its account does not count as the user: it was given to
 * a program that need not see the other keys, the sessions and the audit log of its owner.
 * @throws PublicError FORBIDDEN
 */
export async function requireOwnOr(context: AuthContext, userId: string, permission: string): Promise<void> {
  const { identity } = context.request;
  if (grants(identity.permissions, permission)) return;
  if (identity.kind === "user" && identity.id === userId && (await hasRightsOfAccount(context))) return;
  requirePermission(identity, permission);
}

/** Whether the credential has all rights of its account. A session always has, including rights granted after the caller was identified. */
async function hasRightsOfAccount({ request: { identity }, loaders }: AuthContext): Promise<boolean> {
  if (identity.credential?.kind === "session") return true;
  const rights = await loaders.permissionsOfUser.load(identity.id);
  if (!rights) return false;
  const ofAccount = rights.map(({ permission }) => permission);
  return exceeding(ofAccount, identity.permissions).length === 0;
}

/** The permission to see how other users' accounts are secured and used. It is the permission to change those accounts. */
export const accountDetails = "user:update";

/** Filters and orders that would reveal the data that `accountDetails` protects. */
const revealing: ReadonlySet<string> = new Set(["mfaEnabled", "isLocked", "lastLoginAt", "FAILED_LOGIN_ATTEMPTS"]);

interface UserListArguments {
  filter?: object | null | undefined;
  orderBy?: { field?: string | null | undefined } | null | undefined;
}

/**
 * Requires `user:read` for a list of users, and `accountDetails` for filters and orders that reveal, for example, which users are locked.
 * @throws PublicError FORBIDDEN
 */
export function requireUserList({ identity }: RequestContext, { filter, orderBy }: UserListArguments): void {
  requirePermission(identity, "user:read");
  const conditions = Object.entries(filter ?? {}).flatMap(([name, value]) => (value == null ? [] : name));
  if ([...conditions, orderBy?.field ?? ""].some((name) => revealing.has(name)))
    requirePermission(identity, accountDetails);
}
