import { userRoleEnum } from "#db/auth/schema/enums.ts";
import { enumValues } from "#lib/enum-values.ts";
import type { Resolvers } from "../generated/resolvers.ts";
import { ApiKey } from "./ApiKey.ts";
import { AuthAuditEntry } from "./AuthAuditEntry.ts";
import { apiKey } from "./Query/apiKey.ts";
import { apiKeys } from "./Query/apiKeys.ts";
import { authAuditLog } from "./Query/authAuditLog.ts";
import { me } from "./Query/me.ts";
import { role } from "./Query/role.ts";
import { roles } from "./Query/roles.ts";
import { tenant } from "./Query/tenant.ts";
import { tenants } from "./Query/tenants.ts";
import { user } from "./Query/user.ts";
import { users } from "./Query/users.ts";
import { userSessions } from "./Query/userSessions.ts";
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
    me,
    role,
    roles,
    tenant,
    tenants,
    user,
    users,
    userSessions,
  },
  ApiKey,
  AuthAuditEntry,
  Role,
  RoleGrant,
  Tenant,
  TenantQuota,
  User,
  UserSession,
  UserRole: enumValues(userRoleEnum.enumValues),
};
