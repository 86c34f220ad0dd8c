import { allTenants, anyTenant, changesOfTenants } from "#db/auth/all-tenants.ts";
import type { TenantWithQuota } from "#db/auth/tenants.ts";
import type { Tx } from "#db/client.ts";
import type { ListArguments } from "#db/list.ts";
import type { RecordedChange } from "#lib/graphql/change-fields.ts";
import type { Page } from "#lib/graphql/pagination.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { grants, type Identity, policies, type RequestContext } from "#lib/trust/request-context.ts";
import { type AuditEntry, done } from "#subgraphs/use-case.ts";
import type { AuthServices } from "../services.ts";
import { write } from "../use-case.ts";

/** Whether the caller sees all tenants: a user who may act in every tenant does. While they act in another tenant, they see only that one. */
export const seesAllTenants = (identity: Identity): boolean =>
  policies.platform(identity) && identity.tenantId === platformTenantId && grants(identity.permissions, "tenant:act");

/** Lists all tenants. The caller must be one who sees all tenants. */
export const listAllTenants = (
  services: AuthServices,
  request: RequestContext,
  args: ListArguments,
  withTotal: boolean,
): Promise<Page<TenantWithQuota>> =>
  seen(services, request, { action: "tenant.list" }, (tx) => allTenants(tx, args, withTotal));

/** Reads any tenant; undefined when there is none. The caller must be one who sees all tenants. */
export const seeTenant = (
  services: AuthServices,
  request: RequestContext,
  tenantId: string,
): Promise<TenantWithQuota | undefined> =>
  seen(services, request, { action: "tenant.read", metadata: { tenantId } }, (tx) => anyTenant(tx, tenantId));

/** Reads the changes of tenants, in one transaction and with one entry in the audit log. The caller must be one who sees all tenants. */
export const seeChanges = (
  { services, request }: { services: AuthServices; request: RequestContext },
  tenantIds: readonly string[],
  args: ListArguments,
  withTotal: boolean,
): Promise<Page<RecordedChange>[]> =>
  seen(services, request, { action: "tenant.read_changes", metadata: { tenantIds } }, (tx) =>
    changesOfTenants(tx, tenantIds, args, withTotal),
  );

/** Records a read across tenants in the audit log of the platform tenant, and then runs it. */
async function seen<T>(
  services: AuthServices,
  request: RequestContext,
  entry: AuditEntry,
  see: (tx: Tx) => Promise<T>,
): Promise<T> {
  await write(services, request, async () => done(undefined, entry));
  const tx = services.system.read({ tenantId: platformTenantId, deadline: request.deadline });
  try {
    return await see(tx);
  } finally {
    await tx.end();
  }
}
