import { sql } from "drizzle-orm";
import { changeColumns, type ChangedRow, changeEvents } from "../changes.ts";
import type { Tx, WriteTx } from "../client.ts";
import { append } from "../event-log/append.ts";
import { countedWrite } from "../row-writes.ts";
import { statement } from "../statement.ts";
import { nodeChanges } from "./changes.ts";
import { type NodeResources, resourceClasses } from "./schema/node-resources.ts";
import { type NodeRow, nodes } from "./schema/nodes.ts";

/** The properties of a node that the placement of a VM needs. */
export type FleetNode = Pick<
  NodeRow,
  | "id"
  | "name"
  | "clusterId"
  | "region"
  | "availabilityZone"
  | "status"
  | "gpuModel"
  | "allocatable"
  | "allocated"
  | "allocationRules"
  | "inventoriedAt"
  | "lastHeartbeat"
  | "heartbeatTimeoutSeconds"
  | "labels"
  | "taints"
  | "generation"
>;

const { placeholder } = sql;
/** The columns of a `FleetNode`. */
export const fleetNodeColumns = sql`id, name, cluster_id as "clusterId", region, availability_zone as "availabilityZone", status, gpu_model as "gpuModel",
  allocatable, allocated, allocation_rules as "allocationRules", inventoried_at as "inventoriedAt", last_heartbeat as "lastHeartbeat",
  heartbeat_timeout_seconds as "heartbeatTimeoutSeconds", labels, taints, generation`;

const allNodes = statement<FleetNode>(() => sql`select ${fleetNodeColumns} from ${nodes} order by name, id`);
const someNodes = statement<FleetNode>(
  () => sql`select ${fleetNodeColumns} from ${nodes} where id = any(${placeholder("ids")}::uuid[])`,
);

/** Returns every node, by name. Nothing is locked: a claim on a node compares its generation. */
export const fleetNodes = (tx: Tx): Promise<FleetNode[]> => tx.run(allNodes);
export const nodesById = (tx: Tx, ids: readonly string[]): Promise<FleetNode[]> => tx.run(someNodes, { ids });

/** The allocated amounts and those of `input`, which may be negative. */
const sum = sql`jsonb_build_object(${sql.join(
  resourceClasses.map((name) => {
    const key = sql.raw(`'${name}'`);
    return sql`${key}, (nodes.allocated ->> ${key})::bigint + (input.amounts ->> ${key})::bigint`;
  }),
  sql`, `,
)})`;

const input = sql`jsonb_to_recordset(${placeholder("rows")}::text::jsonb) as input (id uuid, amounts jsonb, generation int)`;
const isUnchanged = sql`(input.generation is null or nodes.generation = input.generation)`;

const change = statement<ChangedRow>(
  () => sql`
    update ${nodes} set allocated = ${sum}, ${countedWrite(nodes)} from ${input} where nodes.id = input.id and ${isUnchanged}
    returning ${changeColumns(nodeChanges)}`,
);
const changeFree = statement<ChangedRow>(
  () => sql`
    update ${nodes} set allocated = ${sum}, ${countedWrite(nodes)} from ${input}
    where nodes.id = input.id and nodes.id = (
      select nodes.id from ${nodes} where nodes.id = input.id and ${isUnchanged} for update skip locked)
    returning ${changeColumns(nodeChanges)}`,
);

export interface AllocatedChange {
  id: string;
  /** What is added to the allocated amounts; negative amounts are given back. */
  amounts: NodeResources;
  /** The generation that was read, when the change depends on it: compare-and-set. A release depends on none. */
  generation?: number;
}

/**
 * Changes the allocated amounts of nodes, each at most once. Returns how many were changed: fewer than given when a generation was another.
 * @param whenLocked whether to wait for another transaction that changes the node; `skip` counts that as another generation
 */
export async function changeAllocated(
  tx: WriteTx,
  changes: readonly AllocatedChange[],
  whenLocked: "wait" | "skip" = "wait",
): Promise<number> {
  if (changes.length === 0) return 0;
  const changed = await tx.run(whenLocked === "wait" ? change : changeFree, { rows: JSON.stringify(changes) });
  await append(tx, changeEvents(nodeChanges, changed, "updated"));
  return changed.length;
}
