import { sql } from "drizzle-orm";
import { isUuid } from "#lib/uuid.ts";
import { during, isNull, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import type { Lookup } from "../lookup.ts";
import { selectList, visibleTo } from "../rows.ts";
import { statement } from "../statement.ts";
import { type SchedulingDecisionRow, schedulingDecisions } from "./schema/scheduling-decisions.ts";

const source = { table: schedulingDecisions };

export const schedulingDecisionEntity = defineEntity({
  ...source,
  filters: {
    vm: oneOf(schedulingDecisions.vmId),
    selectedNode: oneOf(schedulingDecisions.selectedNodeId),
    unplaced: isNull(schedulingDecisions.selectedNodeId),
    algorithm: oneOf(schedulingDecisions.decisionAlgorithm),
    schedulerVersion: oneOf(schedulingDecisions.schedulerVersion),
    decidedAt: during(schedulingDecisions.decisionTime),
  },
  orders: { DECIDED_AT: schedulingDecisions.decisionTime },
  defaultOrder: { field: "DECIDED_AT", direction: "DESC" },
  under: {
    "Vm.placementDecisions": by(schedulingDecisions.vmId),
    "ClusterNode.placementDecisions": by(schedulingDecisions.selectedNodeId),
  },
});

// One access to the index by VM for each VM, however long its history is.
const latestByVm = statement<SchedulingDecisionRow>(
  () => sql`select latest.* from unnest(${sql.placeholder("vms")}::uuid[]) as vm(id) cross join lateral (
      select ${selectList(source)} from ${schedulingDecisions}
      where ${schedulingDecisions.vmId} = vm.id and ${visibleTo(source)}
      order by ${schedulingDecisions.decisionTime} desc, ${schedulingDecisions.id} desc limit 1
    ) latest`,
);

/** Returns the latest decision about each VM, in the order of the VMs; null where no decision was made or none is visible. */
export const latestDecisionOfVm: Lookup<SchedulingDecisionRow> = async (tx, vms) => {
  const ids = vms.filter(isUuid);
  const rows = ids.length > 0 ? await tx.run(latestByVm, { vms: ids, tenantId: tx.tenantId }) : [];
  const byVm = new Map(rows.map((row) => [row.vmId, row]));
  return vms.map((id) => byVm.get(id.toLowerCase()) ?? null);
};
