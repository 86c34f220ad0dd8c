import { userRoleEnum } from "#db/auth/schema/enums.ts";
import { enumValues } from "#lib/graphql/enum-values.ts";
import type { Resolvers } from "../generated/resolvers.ts";
import { AuthAuditEntry } from "./AuthAuditEntry.ts";
import { changePassword } from "./Mutation/changePassword.ts";
import { createPasswordReset } from "./Mutation/createPasswordReset.ts";
import { createUser } from "./Mutation/createUser.ts";
import { disableUser } from "./Mutation/disableUser.ts";
import { enableUser } from "./Mutation/enableUser.ts";
import { recordDenial } from "./Mutation/recordDenial.ts";
import { resetPassword } from "./Mutation/resetPassword.ts";
import { setUserRole } from "./Mutation/setUserRole.ts";
import { createRole } from "./Mutation/createRole.ts";
import { deleteRole } from "./Mutation/deleteRole.ts";
import { grantRole } from "./Mutation/grantRole.ts";
import { revokeRole } from "./Mutation/revokeRole.ts";
import { updateRole } from "./Mutation/updateRole.ts";
import { createTenant } from "./Mutation/createTenant.ts";
import { disableTenant } from "./Mutation/disableTenant.ts";
import { enableTenant } from "./Mutation/enableTenant.ts";
import { setTenantQuota } from "./Mutation/setTenantQuota.ts";
import { updateTenant } from "./Mutation/updateTenant.ts";
import { beginTotp } from "./Mutation/beginTotp.ts";
import { confirmTotp } from "./Mutation/confirmTotp.ts";
import { disableTotp } from "./Mutation/disableTotp.ts";
import { regenerateRecoveryCodes } from "./Mutation/regenerateRecoveryCodes.ts";
import { createConnectionTicket } from "./Mutation/createConnectionTicket.ts";
import { redeemConnectionTicket } from "./Mutation/redeemConnectionTicket.ts";
import { createApiKey } from "./Mutation/createApiKey.ts";
import { revokeApiKey } from "./Mutation/revokeApiKey.ts";
import { revokeSession } from "./Mutation/revokeSession.ts";
import { revokeUserSessions } from "./Mutation/revokeUserSessions.ts";
import { rotateApiKey } from "./Mutation/rotateApiKey.ts";
import { signIn } from "./Mutation/signIn.ts";
import { signOut } from "./Mutation/signOut.ts";
import { credentialRevocations } from "./Query/credentialRevocations.ts";
import { checkPermission } from "./Query/checkPermission.ts";
import { me } from "./Query/me.ts";
import { tenant } from "./Query/tenant.ts";
import { tenants } from "./Query/tenants.ts";
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
  Query: {
    checkPermission,
    credentialRevocations,
    me,
    tenant,
    tenants,
    userPermissions,
    users,
    validateCredential,
    validateToken,
  },
  Mutation: {
    beginTotp,
    confirmTotp,
    disableTotp,
    regenerateRecoveryCodes,
    createRole,
    deleteRole,
    grantRole,
    revokeRole,
    updateRole,
    createTenant,
    disableTenant,
    enableTenant,
    setTenantQuota,
    updateTenant,
    changePassword,
    createPasswordReset,
    createUser,
    disableUser,
    enableUser,
    recordDenial,
    resetPassword,
    setUserRole,
    createConnectionTicket,
    redeemConnectionTicket,
    createApiKey,
    revokeApiKey,
    revokeSession,
    revokeUserSessions,
    rotateApiKey,
    signIn,
    signOut,
  },
  AuthAuditEntry,
  Role,
  RoleGrant,
  Tenant,
  TenantQuota,
  User,
  ValidTokenKind: enumValues(["session", "api_key"]),
  UserRole: enumValues(userRoleEnum.enumValues),
};
