import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import type { Answer, TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { accountsOf } from "./accounts.ts";

export const inQuota =
  "quota { maxVmCount maxCpuMillicores maxMemoryBytes maxStorageBytes maxMonthlySpend { amount currency } }";
export const inTenant = `id name displayName description enabled ${inQuota}`;

let made = 0;
/** Returns a name that no other tenant has. */
export const newName = () => `tenant-${(made += 1)}`;

/**
 * Returns what a test needs to change tenants and to read what was written.
 * @param operator the token that a change is sent with, unless a test names another
 */
export function tenantsOf(product: () => TestProduct, operator: () => string) {
  const accounts = accountsOf(product, platformTenantId);
  const change = (name: string, input: object, token = operator()): Promise<Answer> =>
    accounts.change(name, input, `tenant { ${inTenant} }`, token);
  const newTenant = async (more: object = {}): Promise<string> =>
    (await change("createTenant", { name: newName(), ...more })).data.createTenant.tenant.id as string;
  const read = <Row extends object>(query: string) =>
    asOwner(product().urls.url("auth"), (sql) => sql.unsafe<Row[]>(query) as Promise<Row[]>);
  /** Returns everything that a change of a tenant writes. */
  const written = () =>
    read(`select (select jsonb_agg(t order by id) from tenants t) as tenants, (select jsonb_agg(q order by tenant_id) from tenant_quotas q) as quotas,
      (select count(*) from auth_audit_log where action like 'tenant.%') as entries,
      (select count(*) from outbox_events where type ~ '^(tenant|quota)') as events`);
  return { change, newTenant, read, written };
}
