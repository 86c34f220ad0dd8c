import type { Task } from "#db/call-connections.ts";
import type { Database } from "#db/client.ts";
import type { Keyring } from "#lib/trust/keyring.ts";
import type { Current } from "#lib/replaceable.ts";
import type { Identity } from "#lib/trust/request-context.ts";
import type { PasswordHasher } from "./passwords/password-hasher.ts";
import type { SignInLimits } from "./sign-in/sign-in-limits.ts";

/** The dependencies of the auth domain's use cases. */
export interface AuthServices {
  /** Each transaction is bound to one tenant. */
  database: Database;
  /** Connects under the system role, and finds the owner of a credential across tenants. */
  system: Database;
  /** For writes that no request waits for. They are not part of a task. */
  unawaited: Pick<Database, "write">;
  hasher: Pick<PasswordHasher, "hash" | "verify" | "isOutdated">;
  limits: SignInLimits;
  /** A secret that is part of the hashes of API keys. */
  pepper: string;
  /** The keys that encrypt the secrets of second factors. */
  encryptionKeys: Current<Keyring>;
  /** The environment in API keys of this installation: `dev` or `prod`. */
  environment: string;
}

/** Returns the services of one task. */
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

/** Returns the tenant that a user belongs to, whichever tenant they act in. Their sessions and keys are stored there. */
export const homeOf = ({ userTenantId, tenantId }: Identity): string => userTenantId ?? tenantId;
