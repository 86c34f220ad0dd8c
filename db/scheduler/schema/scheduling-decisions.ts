import { sql } from "drizzle-orm";
import { doublePrecision, index, jsonb, pgTable, text, uniqueIndex, uuid, varchar } from "drizzle-orm/pg-core";
import { metadata, primaryId, tenantId, tenantPolicy, timestamptz } from "../../columns.ts";
import { nodes } from "./nodes.ts";
import type { NodeResources } from "./node-resources.ts";

/** One node that was considered, with every reason against it or the parts of its score. */
export interface CandidateNode {
  nodeId: string;
  nodeName?: string;
  feasible: boolean;
  reasons?: string[];
  /** 0 to 100. */
  score?: number;
  scoreParts?: Record<string, number>;
}

/** Why a VM is on its node, or why there was no place for it. */
export const schedulingDecisions = pgTable(
  "scheduling_decisions",
  {
    id: primaryId(),
    tenantId: tenantId(),
    vmId: uuid("vm_id").notNull(),
    requestedResources: jsonb("requested_resources").$type<Partial<NodeResources>>().notNull(),
    constraints: jsonb("constraints").$type<Record<string, unknown>>().notNull().default({}),
    candidateNodes: jsonb("candidate_nodes").$type<CandidateNode[]>().notNull(),
    /** Null when no node had enough free resources. */
    selectedNodeId: uuid("selected_node_id").references(() => nodes.id, { onDelete: "restrict" }),
    decisionAlgorithm: varchar("decision_algorithm", { length: 100 }).notNull(),
    decisionScore: doublePrecision("decision_score"),
    decisionFactors: jsonb("decision_factors").$type<Record<string, unknown>>(),
    decisionTime: timestamptz("decision_time").notNull().defaultNow(),
    schedulerVersion: varchar("scheduler_version", { length: 50 }),
    /** The durable operation and its step that requested the placement. Null when none did. */
    operationId: uuid("operation_id"),
    step: text("step"),
    /** The claim that was made or kept. Null when there is none. */
    allocationId: uuid("allocation_id"),
    metadata: metadata(),
  },
  (table) => [
    // One placement for each step of an operation: the step that is repeated gets the same one.
    uniqueIndex("scheduling_decisions_step_unique")
      .on(table.operationId, table.step)
      .where(sql`${table.allocationId} is not null`),
    // The decisions about a VM, newest first.
    index("idx_scheduling_decisions_vm_id").on(
      table.vmId,
      table.decisionTime.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // The decisions of a tenant, newest first.
    index("idx_scheduling_decisions_tenant_id").on(
      table.tenantId,
      table.decisionTime.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // The decisions for a node, newest first.
    index("idx_scheduling_decisions_selected_node_id").on(
      table.selectedNodeId,
      table.decisionTime.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    tenantPolicy("scheduler", table.tenantId),
  ],
);

export type SchedulingDecisionRow = typeof schedulingDecisions.$inferSelect;
