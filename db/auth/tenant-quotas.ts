import { lookup } from "../lookup.ts";
import { type TenantQuotaRow, tenantQuotas } from "./schema/tenant-quotas.ts";

export const quotaOfTenant = lookup<TenantQuotaRow>({ table: tenantQuotas }, "tenantId");
