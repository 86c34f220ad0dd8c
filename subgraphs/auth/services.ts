import type { Task } from "#db/call-connections.ts";
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
  /** For writes that nobody waits for: they are part of no task. */
  unawaited: Pick<Database, "write">;
  hasher: Pick<PasswordHasher, "hash" | "verify" | "isOutdated">;
  limits: SignInLimits;
  /** Goes into the hashes of API keys. */
  pepper: string;
  /** Seal the secrets of second factors. */
  encryptionKeys: Keyring;
  /** The word in API keys of this installation: `dev` or `prod`. */
  environment: string;
}

/** The services of one task. */
export const servicesOf =
  (services: Omit<AuthServices, "unawaited">) =>
  (task: Task): AuthServices => ({
    ...services,
    database: task.on(services.database),
    system: task.on(services.system),
    unawaited: services.database,
    hasher: {
      hash: (password) => task.withoutConnection(() => services.hasher.hash(password)),
      verify: (hash, password) => task.withoutConnection(() => services.hasher.verify(hash, password)),
      isOutdated: (hash) => services.hasher.isOutdated(hash),
    },
  });

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
