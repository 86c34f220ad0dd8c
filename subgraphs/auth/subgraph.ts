import type { Database } from "#db/client.ts";
import type { Keyring } from "#lib/trust/keyring.ts";
import type { Current } from "#lib/replaceable.ts";
import type { SubgraphDefinition } from "#lib/subgraph/executable-schema.ts";
import { createSubgraph, type Subgraph } from "#lib/subgraph/subgraph.ts";
import { openWithServices } from "#subgraphs/open-request.ts";
import type { AuthContext } from "./context.ts";
import { createAuthLoaders, entities } from "./loaders.ts";
import { PasswordHasher } from "./passwords/password-hasher.ts";
import { resolvers } from "./resolvers/index.ts";
import { servicesOf } from "./services.ts";
import type { SignInLimits } from "./sign-in/sign-in-limits.ts";

export interface AuthDependencies {
  database: Database;
  /** Connects under the system role. */
  system: Database;
  pepper: string;
  encryptionKeys: Current<Keyring>;
  /** The environment in API keys of this installation: `dev` or `prod`. */
  environment: string;
  limits: SignInLimits;
}

const definition: SubgraphDefinition<AuthContext> = { name: "auth", resolvers, entities };

export function createAuthSubgraph({ database, ...rest }: AuthDependencies): Subgraph {
  const services = { ...rest, database, hasher: new PasswordHasher() };
  return createSubgraph(definition, {
    open: openWithServices(
      database,
      (tx, opened) => createAuthLoaders(tx, services.system, opened),
      servicesOf(services),
    ),
  });
}
