import { sql } from "drizzle-orm";
import { bigint, check, integer, pgTable, uuid } from "drizzle-orm/pg-core";
import { createdAt, currency, money, systemPolicy, tenantPolicy, updatedAt, version } from "../../columns.ts";
import { tenants } from "./tenants.ts";

/** The most that one tenant may hold, over all clusters and providers. Null means unlimited. */
export const tenantQuotas = pgTable(
  "tenant_quotas",
  {
    tenantId: uuid("tenant_id")
      .primaryKey()
      .references(() => tenants.id, { onDelete: "restrict" }),
    maxVmCount: integer("max_vm_count"),
    maxCpuMillicores: bigint("max_cpu_millicores", { mode: "number" }),
    maxMemoryMb: bigint("max_memory_mb", { mode: "number" }),
    maxStorageGb: bigint("max_storage_gb", { mode: "number" }),
    maxMonthlySpend: money("max_monthly_spend"),
    currency: currency(),
    version: version(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    check(
      "tenant_quotas_amounts_check",
      sql`${table.maxVmCount} >= 0 and ${table.maxCpuMillicores} >= 0 and ${table.maxMemoryMb} >= 0 and ${table.maxStorageGb} >= 0 and ${table.maxMonthlySpend} >= 0`,
    ),
    tenantPolicy("auth", table.tenantId),
    // Users of the platform see the tenants with their quotas.
    systemPolicy("auth"),
  ],
);

export type TenantQuotaRow = typeof tenantQuotas.$inferSelect;
