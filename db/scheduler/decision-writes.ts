import { sql } from "drizzle-orm";
import type { Tx } from "../client.ts";
import { selectList } from "../rows.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { type SchedulingDecisionRow, schedulingDecisions } from "./schema/scheduling-decisions.ts";

const { placeholder } = sql;

const ofStep = statement<SchedulingDecisionRow>(
  () => sql`
    select ${selectList({ table: schedulingDecisions })} from ${schedulingDecisions}
    where ${schedulingDecisions.operationId} = ${placeholder("operationId")}::uuid and ${schedulingDecisions.step} = ${placeholder("step")}::text
      and ${schedulingDecisions.allocationId} is not null and ${ofTenant(schedulingDecisions.tenantId)}`,
);

/** Returns the decision by which a step of an operation has placed its VM; undefined when it has not. */
export const decisionOfStep = async (
  tx: Tx,
  step: { operationId: string; step: string },
): Promise<SchedulingDecisionRow | undefined> => (await tx.run(ofStep, { ...step, tenantId: tx.tenantId }))[0];

const nodesOf = statement<{ nodeId: string }>(
  () => sql`
    select distinct ${schedulingDecisions.selectedNodeId} as "nodeId" from ${schedulingDecisions}
    where ${schedulingDecisions.operationId} = ${placeholder("operationId")}::uuid and ${schedulingDecisions.vmId} = ${placeholder("vmId")}::uuid
      and ${schedulingDecisions.selectedNodeId} is not null and ${ofTenant(schedulingDecisions.tenantId)}
    order by 1`,
);

/** Returns the nodes that were selected for the VM of an operation. */
export const nodesOfOperation = async (
  tx: Tx,
  { vmId, operationId }: { vmId: string; operationId: string },
): Promise<string[]> =>
  (await tx.run(nodesOf, { vmId, operationId, tenantId: tx.tenantId })).map(({ nodeId }) => nodeId);
