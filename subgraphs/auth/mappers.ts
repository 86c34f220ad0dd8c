import type { PublicApiKeyRow } from "#db/auth/api-keys.ts";
import type { PublicAuditEntryRow } from "#db/auth/auth-audit-log.ts";
import type { RoleRow } from "#db/auth/schema/roles.ts";
import type { TenantQuotaRow } from "#db/auth/schema/tenant-quotas.ts";
import type { TenantRow } from "#db/auth/schema/tenants.ts";
import type { TenantWithQuota } from "#db/auth/tenants.ts";
import type { UserRoleRow } from "#db/auth/schema/user-roles.ts";
import type { PublicUserSessionRow } from "#db/auth/user-sessions.ts";
import type { PublicUserRow } from "#db/auth/users.ts";
import type { UserError as Problem } from "#lib/graphql/user-errors.ts";
import type { ValidToken as Token } from "./credentials/validate-token.ts";
import type { UserErrorCode } from "./generated/enums.ts";

// The value that resolvers return for each GraphQL type, under that type's name. Codegen reads these names.

/** Includes the quota when it was read in the same statement. */
export type Tenant = TenantRow & Partial<TenantWithQuota>;
export type TenantQuota = TenantQuotaRow;
export type User = PublicUserRow;
export type Role = RoleRow;
export type RoleGrant = UserRoleRow;
export type ApiKey = PublicApiKeyRow;
export type UserSession = PublicUserSessionRow;
export type AuthAuditEntry = PublicAuditEntryRow;

export type UserError = Problem<UserErrorCode>;
export type ValidToken = Token;

export type ValidTokenKind = Token["kind"];
export type UserRole = PublicUserRow["role"];
