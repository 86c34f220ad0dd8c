import { apiKeyEntity } from "#db/auth/api-keys.ts";
import { auditEntryEntity } from "#db/auth/auth-audit-log.ts";
import { grantedPermissions } from "#db/auth/credentials.ts";
import { roleEntity } from "#db/auth/roles.ts";
import { quotaOfTenant } from "#db/auth/tenant-quotas.ts";
import { tenantEntity } from "#db/auth/tenants.ts";
import { roleGrantsOfUser } from "#db/auth/user-roles.ts";
import { userSessionEntity } from "#db/auth/user-sessions.ts";
import { userEntity } from "#db/auth/users.ts";
import type { Database, Tx } from "#db/client.ts";
import type { RowOf } from "#db/entity.ts";
import { operationEntity } from "#db/operations/operations.ts";
import { batchLoader, connectionLoader, entityLoaders, loaderOf } from "#lib/graphql/batching.ts";
import type { Page } from "#lib/graphql/pagination.ts";
import { operationLoaders } from "#subgraphs/operation-fields.ts";
import type { OpenedRequest } from "#subgraphs/open-request.ts";
import type { AuthServices } from "./services.ts";
import { seeChanges } from "./tenants/see-tenants.ts";

/** The entities of this subgraph, by the names of their types. */
export const entities = {
  Tenant: tenantEntity,
  User: userEntity,
  Role: roleEntity,
  ApiKey: apiKeyEntity,
  UserSession: userSessionEntity,
  AuthAuditEntry: auditEntryEntity,
  AuthOperation: operationEntity,
};

// Codegen reads the names of the entities, and takes these types for their types of the graph.
export type Row<Type extends keyof typeof entities> = RowOf<(typeof entities)[Type]>;
export type RowPage<Type extends keyof typeof entities> = Page<Row<Type>>;

export type AuthLoaders = ReturnType<typeof createAuthLoaders>;

/**
 * Creates one loader per batch query. The loaders live for one request and share its transaction.
 * @param opened reads what users of the platform see of other tenants than their own
 * @param system reads the permissions of roles: the roles of a user who acts in another tenant are in the user's own tenant
 */
export const createAuthLoaders = (tx: Tx, system: Database, opened: OpenedRequest<AuthServices>) => ({
  ...entityLoaders(tx, entities),
  ...operationLoaders(tx),
  changesOfTenants: connectionLoader(opened, seeChanges),
  quotaOfTenant: loaderOf(tx, quotaOfTenant),
  roleGrantsOfUser: loaderOf(tx, roleGrantsOfUser),
  permissionsOfUser: batchLoader((userIds) => grantedPermissions(system, userIds)),
});
