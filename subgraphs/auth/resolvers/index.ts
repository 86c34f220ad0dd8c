import { userRoleEnum } from "#db/auth/schema/enums.ts";
import { enumValues } from "#lib/graphql/enum-values.ts";
import { serviceResolvers } from "#subgraphs/end-operation.ts";
import { operationResolvers } from "#subgraphs/operation-fields.ts";
import type { Resolvers } from "../generated/resolvers.ts";
import { AuthAuditEntry } from "./AuthAuditEntry.ts";
import { Mutation } from "./mutations.ts";
import { credentialRevocations } from "./Query/credentialRevocations.ts";
import { checkPermission } from "./Query/checkPermission.ts";
import { me } from "./Query/me.ts";
import { tenant } from "./Query/tenant.ts";
import { tenants } from "./Query/tenants.ts";
import { tenantQuota } from "./Query/tenantQuota.ts";
import { userPermissions } from "./Query/userPermissions.ts";
import { users } from "./Query/users.ts";
import { validateCredential } from "./Query/validateCredential.ts";
import { validateToken } from "./Query/validateToken.ts";
import { Role } from "./Role.ts";
import { RoleGrant } from "./RoleGrant.ts";
import { Tenant } from "./Tenant.ts";
import { TenantQuota } from "./TenantQuota.ts";
import { User } from "./User.ts";

export const resolvers: Resolvers = {
  ...operationResolvers("AuthOperation"),
  Query: {
    checkPermission,
    credentialRevocations,
    me,
    tenant,
    tenants,
    tenantQuota,
    userPermissions,
    users,
    validateCredential,
    validateToken,
    ...serviceResolvers("AuthOperation").Query,
  },
  Mutation,
  AuthAuditEntry,
  Role,
  RoleGrant,
  Tenant,
  TenantQuota,
  User,
  ValidTokenKind: enumValues(["session", "api_key"]),
  UserRole: enumValues(userRoleEnum.enumValues),
};
