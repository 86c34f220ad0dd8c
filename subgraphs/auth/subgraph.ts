import type { Database } from "#db/client.ts";
import { createSubgraph, type Subgraph } from "#lib/subgraph.ts";
import { openWith } from "#subgraphs/open-request.ts";
import { authorization } from "./authorization.ts";
import type { AuthContext } from "./context.ts";
import { createAuthLoaders } from "./loaders.ts";
import { resolvers } from "./resolvers/index.ts";

export interface AuthDependencies {
  database: Database;
}

export function createAuthSubgraph({ database }: AuthDependencies): Subgraph {
  return createSubgraph<AuthContext>({
    name: "auth",
    resolvers,
    authorization,
    entities: {
      Tenant: ({ loaders }) => loaders.tenantById,
      User: ({ loaders }) => loaders.userById,
      Role: ({ loaders }) => loaders.roleById,
      ApiKey: ({ loaders }) => loaders.apiKeyById,
      UserSession: ({ loaders }) => loaders.sessionById,
      AuthAuditEntry: ({ loaders }) => loaders.auditEntryById,
    },
    open: openWith(database, createAuthLoaders),
  });
}
