import { contains, during, is, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { tenantHistory } from "./change-history.ts";
import type { TenantQuotaRow } from "./schema/tenant-quotas.ts";
import { type TenantRow, tenants } from "./schema/tenants.ts";

/** A tenant that was read with its quota; null means that it has none. */
export interface TenantWithQuota extends TenantRow {
  quota: TenantQuotaRow | null;
}

/** The list of tenants, common to every list of them. */
export const tenantListing = {
  filters: {
    id: oneOf(tenants.id),
    name: oneOf(tenants.name),
    enabled: is(tenants.enabled),
    createdAt: during(tenants.createdAt),
    text: contains(tenants.name, tenants.displayName, tenants.description),
  },
  orders: { CREATED_AT: tenants.createdAt, NAME: tenants.name },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
} as const;

export const tenantEntity = defineEntity({
  table: tenants,
  history: tenantHistory,
  visible: ofTenant(tenants.id),
  ...tenantListing,
});
