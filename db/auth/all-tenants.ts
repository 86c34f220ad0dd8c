import { sql } from "drizzle-orm";
import type { Page } from "#lib/graphql/pagination.ts";
import { changesAcrossTenants } from "../change-history/history.ts";
import type { Tx } from "../client.ts";
import { defineList, type ListArguments } from "../list.ts";
import { lookup } from "../lookup.ts";
import { tenantHistory } from "./change-history.ts";
import { type TenantQuotaRow, tenantQuotas } from "./schema/tenant-quotas.ts";
import { type TenantRow, tenants } from "./schema/tenants.ts";
import { tenantListing, type TenantWithQuota } from "./tenants.ts";

// What users of the platform see of all tenants. The queries run under the system role, for the users that `subgraphs/auth/tenants/see-tenants.ts` allows.

const everyTenant = { table: tenants, visible: sql`true` };
const byId = lookup<TenantRow>(everyTenant);
const list = defineList<TenantRow>({ ...everyTenant, ...tenantListing });
const quotas = lookup<TenantQuotaRow>({ table: tenantQuotas, visible: sql`true` }, "tenantId");

/** Reads the changes of any tenants, newest first. */
export const changesOfTenants = changesAcrossTenants(tenantHistory);

export async function anyTenant(system: Tx, id: string): Promise<TenantWithQuota | undefined> {
  const [[tenant = null], [quota = null]] = await Promise.all([byId(system, [id]), quotas(system, [id])]);
  return tenant ? { ...tenant, quota } : undefined;
}

export async function allTenants(system: Tx, args: ListArguments, withTotal: boolean): Promise<Page<TenantWithQuota>> {
  const page = await list.page(system, args, withTotal);
  const found = await quotas(
    system,
    page.edges.map(({ node }) => node.id),
  );
  return {
    ...page,
    edges: page.edges.map((edge, at) => ({ cursor: edge.cursor, node: { ...edge.node, quota: found[at] ?? null } })),
  };
}
