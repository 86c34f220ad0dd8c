import { userRoleEnum } from "#db/auth/schema/enums.ts";
import { enumValues } from "#lib/graphql/enum-values.ts";
import type { Resolvers } from "../generated/resolvers.ts";
import { ApiKey } from "./ApiKey.ts";
import { AuthAuditEntry } from "./AuthAuditEntry.ts";
import { Mutation } from "./mutations.ts";
import { apiKey } from "./Query/apiKey.ts";
import { apiKeys } from "./Query/apiKeys.ts";
import { authAuditLog } from "./Query/authAuditLog.ts";
import { credentialRevocations } from "./Query/credentialRevocations.ts";
import { checkPermission } from "./Query/checkPermission.ts";
import { me } from "./Query/me.ts";
import { role } from "./Query/role.ts";
import { roles } from "./Query/roles.ts";
import { tenant } from "./Query/tenant.ts";
import { tenants } from "./Query/tenants.ts";
import { user } from "./Query/user.ts";
import { userPermissions } from "./Query/userPermissions.ts";
import { users } from "./Query/users.ts";
import { userSessions } from "./Query/userSessions.ts";
import { validateCredential } from "./Query/validateCredential.ts";
import { validateToken } from "./Query/validateToken.ts";
import { Role } from "./Role.ts";
import { RoleGrant } from "./RoleGrant.ts";
import { Tenant } from "./Tenant.ts";
import { TenantQuota } from "./TenantQuota.ts";
import { User } from "./User.ts";
import { UserSession } from "./UserSession.ts";

export const resolvers: Resolvers = {
  Query: {
    apiKey,
    apiKeys,
    authAuditLog,
    checkPermission,
    credentialRevocations,
    me,
    role,
    roles,
    tenant,
    tenants,
    user,
    userPermissions,
    users,
    userSessions,
    validateCredential,
    validateToken,
  },
  Mutation,
  ApiKey,
  AuthAuditEntry,
  Role,
  RoleGrant,
  Tenant,
  TenantQuota,
  User,
  UserSession,
  ValidTokenKind: enumValues(["session", "api_key"]),
  UserRole: enumValues(userRoleEnum.enumValues),
};
