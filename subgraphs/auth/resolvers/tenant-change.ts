import type { TenantWithQuota } from "#db/auth/tenants.ts";
import { found } from "#lib/graphql/arguments.ts";
import type { UserError } from "#lib/graphql/user-errors.ts";
import type { AuthContext } from "../context.ts";

/** Returns the payload of every mutation of a tenant. */
export function changedTenant(
  outcome: TenantWithQuota | UserError[] | undefined,
  context: AuthContext,
): { tenant: TenantWithQuota | null; userErrors: UserError[] } {
  if (Array.isArray(outcome)) return { tenant: null, userErrors: outcome };
  context.written();
  return { tenant: found(outcome, "tenant"), userErrors: [] };
}
