import type { TenantQuotaRow } from "#db/auth/schema/tenant-quotas.ts";
import type { TenantRow } from "#db/auth/schema/tenants.ts";
import type { TenantWithQuota } from "#db/auth/tenants.ts";
import type { UserRoleRow } from "#db/auth/schema/user-roles.ts";
import type { PublicUserRow } from "#db/auth/users.ts";
import type { UserError as Problem } from "#lib/graphql/user-errors.ts";
import type { ValidToken as Token } from "./credentials/validate-token.ts";
import type { UserErrorCode } from "./generated/enums.ts";
import type { StateOfOperation, StateOfStep } from "#subgraphs/operation-fields.ts";

// The values that resolvers return for GraphQL types, under the types' names, which codegen reads. An entity is its row without a line here.

/** Includes the quota when it was read in the same statement. */
export type Tenant = TenantRow & Partial<TenantWithQuota>;
export type TenantQuota = TenantQuotaRow;
export type RoleGrant = UserRoleRow;

export type UserError = Problem<UserErrorCode>;
export type ValidToken = Token;

export type ValidTokenKind = Token["kind"];
export type UserRole = PublicUserRow["role"];
export type OperationState = StateOfOperation;
export type OperationStepState = StateOfStep;
