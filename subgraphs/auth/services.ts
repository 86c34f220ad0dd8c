import type { Database, Scope } from "#db/client.ts";
import type { Keyring } from "#lib/keyring.ts";
import type { Identity, RequestContext } from "#lib/request-context.ts";
import type { PasswordHasher } from "./passwords/password-hasher.ts";
import type { SignInLimits } from "./sign-in/sign-in-limits.ts";

/** What the auth domain's use cases work with. */
export interface AuthServices {
  /** Bound to one tenant a transaction. */
  database: Database;
  /** Under the system role: finds what a credential belongs to, across tenants. */
  system: Database;
  hasher: PasswordHasher;
  limits: SignInLimits;
  /** Goes into the hashes of API keys. */
  pepper: string;
  /** Seal the secrets of second factors. */
  encryptionKeys: Keyring;
  /** The word in API keys of this installation: `dev` or `prod`. */
  environment: string;
}

/** The scope of a write that a request asks for, in its own tenant unless another is named. */
export const scopeOf = ({ identity, requestId, deadline }: RequestContext, tenantId = identity.tenantId): Scope => ({
  tenantId,
  deadline,
  requestId,
  actor: identity.kind === "anonymous" ? undefined : `${identity.kind}:${identity.id}`,
});

/** The tenant that a user belongs to, wherever he acts: his sessions and keys are there. */
export const homeOf = ({ userTenantId, tenantId }: Identity): string => userTenantId ?? tenantId;

/** Who does it, for the audit log. */
export const actorOf = ({ identity, client }: RequestContext) => ({
  userId: identity.kind === "user" ? identity.id : null,
  actorName: identity.name ?? null,
  ipAddress: client?.ipAddress,
  userAgent: client?.userAgent,
});
