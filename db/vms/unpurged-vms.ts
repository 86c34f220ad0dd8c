import { sql } from "drizzle-orm";
import type { Database } from "../client.ts";
import { statement } from "../statement.ts";
import { vmSlots } from "./schema/vm-slots.ts";
import { vms } from "./schema/vms.ts";

export interface UnpurgedVm {
  id: string;
  tenantId: string;
  deletedAt: Date;
}

const { placeholder } = sql;

const due = statement<UnpurgedVm>(
  () => sql`
    select id, tenant_id as "tenantId", deleted_at as "deletedAt" from (
      select id, tenant_id, deleted_at, row_number() over (partition by tenant_id order by deleted_at, id) as place from ${vms}
      where ${vms.deletedAt} < now() - make_interval(secs => ${placeholder("retentionSeconds")}::float8) and ${vms.purgedAt} is null
        and not exists (select from ${vmSlots} where ${vmSlots.vmId} = ${vms.id} and ${vmSlots.releasedAt} is null)
    ) as unpurged
    where place <= ${placeholder("perTenant")}::int order by place, deleted_at limit ${placeholder("atMost")}::int`,
);

/**
 * Returns VMs of all tenants that were deleted longer ago, still have their machines, and that no operation works on; only for the system role. Tenants take
 * turns, each with its oldest first.
 */
export const unpurgedVms = (
  system: Database,
  limits: { retentionSeconds: number; perTenant: number; atMost: number },
): Promise<UnpurgedVm[]> => system.run(due, limits);
