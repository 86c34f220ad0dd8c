import { doublePrecision, index, jsonb, pgTable, uuid, varchar } from "drizzle-orm/pg-core";
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
    metadata: metadata(),
  },
  (table) => [
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
