import {
  anyAuthenticated,
  publicAccess,
  grants,
  platformWith,
  type RequestContext,
  requirePermission,
  servicesOnly,
} from "#lib/trust/request-context.ts";
import type { AuthContext } from "./context.ts";
import { exceeding } from "./credentials/permissions.ts";

/** The permission or policy of each root field, required for the subgraph to start, and of each other type and field with restricted access. */
export const authorization = {
  "Query.me": "user:read",
  "Query.user": "user:read",
  "Query.users": "user:read",
  "Query.tenant": "tenant:read",
  "Query.tenants": "tenant:read",
  "Query.role": "role:read",
  "Query.roles": "role:read",
  "Query.apiKey": "api_key:read",
  "Query.apiKeys": "api_key:read",
  "Query.userSessions": "session:read",
  "Query.authAuditLog": "audit:read",
  "Query.validateToken": servicesOnly,
  "Query.validateCredential": servicesOnly,
  "Query.credentialRevocations": servicesOnly,
  "Query.userPermissions": servicesOnly,
  "Query.checkPermission": servicesOnly,
  "Mutation.signIn": publicAccess,
  // The caller's own objects need no permission. For the objects of others, the resolver checks the permission.
  "Mutation.signOut": anyAuthenticated,
  "Mutation.createConnectionTicket": anyAuthenticated,
  "Mutation.revokeSession": anyAuthenticated,
  "Mutation.revokeUserSessions": anyAuthenticated,
  "Mutation.createApiKey": anyAuthenticated,
  "Mutation.rotateApiKey": anyAuthenticated,
  "Mutation.revokeApiKey": anyAuthenticated,
  "Mutation.changePassword": anyAuthenticated,
  "Mutation.beginTotp": anyAuthenticated,
  "Mutation.confirmTotp": anyAuthenticated,
  "Mutation.disableTotp": anyAuthenticated,
  "Mutation.regenerateRecoveryCodes": anyAuthenticated,
  // The reset code is the authorization.
  "Mutation.resetPassword": publicAccess,
  "Mutation.createPasswordReset": "user:update",
  "Mutation.createUser": "user:create",
  "Mutation.setUserRole": "user:update",
  "Mutation.disableUser": "user:update",
  "Mutation.enableUser": "user:update",
  "Mutation.unlockUser": "user:update",
  "Mutation.recordDenial": servicesOnly,
  "Mutation.redeemConnectionTicket": servicesOnly,
  "Mutation.createRole": "role:create",
  "Mutation.updateRole": "role:update",
  "Mutation.deleteRole": "role:delete",
  "Mutation.grantRole": "role:grant",
  "Mutation.revokeRole": "role:grant",
  "Mutation.createTenant": platformWith("tenant:create"),
  "Mutation.updateTenant": platformWith("tenant:update"),
  "Mutation.disableTenant": platformWith("tenant:update"),
  "Mutation.enableTenant": platformWith("tenant:update"),
  "Mutation.setTenantQuota": platformWith("tenant:update"),
  ValidToken: servicesOnly,
  CredentialRevocations: servicesOnly,
  RecordDenialPayload: servicesOnly,
  RedeemConnectionTicketPayload: servicesOnly,
};

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
