import {
  anybodySignedIn,
  everybody,
  platformWith,
  type RequestContext,
  requirePermission,
  servicesOnly,
} from "#lib/request-context.ts";

/** What each root field needs, without which the subgraph does not start, and what of the others not everybody may read. */
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
  "Mutation.signIn": everybody,
  // What is one's own needs no permission; what is another's, the resolver asks for.
  "Mutation.signOut": anybodySignedIn,
  "Mutation.createConnectionTicket": anybodySignedIn,
  "Mutation.revokeSession": anybodySignedIn,
  "Mutation.revokeUserSessions": anybodySignedIn,
  "Mutation.createApiKey": anybodySignedIn,
  "Mutation.rotateApiKey": anybodySignedIn,
  "Mutation.revokeApiKey": anybodySignedIn,
  "Mutation.changePassword": anybodySignedIn,
  "Mutation.beginTotp": anybodySignedIn,
  "Mutation.confirmTotp": anybodySignedIn,
  "Mutation.disableTotp": anybodySignedIn,
  "Mutation.regenerateRecoveryCodes": anybodySignedIn,
  // The code is what it needs.
  "Mutation.resetPassword": everybody,
  "Mutation.createPasswordReset": "user:update",
  "Mutation.createUser": "user:create",
  "Mutation.setUserRole": "user:update",
  "Mutation.disableUser": "user:update",
  "Mutation.enableUser": "user:update",
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
 * Users and tenants hang on what every domain owns, so a caller reaches them without a root field of this one. What is under
 * them and not for everybody asks for the same permission as the root field would, unless it is the caller's own. To an API key nothing is its own: it has
 * its scopes, and a key for VMs that leaks shows nothing of the sessions and keys of its owner.
 * @throws PublicError FORBIDDEN
 */
export function requireOwnOr({ identity }: RequestContext, userId: string, permission: string): void {
  if (identity.kind === "user" && identity.id === userId && identity.credential?.kind !== "api_key") return;
  requirePermission(identity, permission);
}

/** What it takes to see how the accounts of others are secured and used: what it takes to change them. */
export const accountDetails = "user:update";

/** Filters and orders by which a caller would find out what `accountDetails` guards. */
const revealing: ReadonlySet<string> = new Set(["mfaEnabled", "isLocked", "lastLoginAt", "FAILED_LOGIN_ATTEMPTS"]);

interface UserListArguments {
  filter?: object | null | undefined;
  orderBy?: { field?: string | null | undefined } | null | undefined;
}

/**
 * Lists of users are for who reads users. Which of them are locked, say, is for who may see it of each.
 * @throws PublicError FORBIDDEN
 */
export function requireUserList({ identity }: RequestContext, { filter, orderBy }: UserListArguments): void {
  requirePermission(identity, "user:read");
  const conditions = Object.entries(filter ?? {}).flatMap(([name, value]) => (value == null ? [] : name));
  if ([...conditions, orderBy?.field ?? ""].some((name) => revealing.has(name)))
    requirePermission(identity, accountDetails);
}
