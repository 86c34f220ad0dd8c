import type { ClusterRow } from "#db/scheduler/schema/clusters.ts";
import type { NodeResources as NodeResourcesDocument, Taint } from "#db/scheduler/schema/node-resources.ts";
import type { NodeRow } from "#db/scheduler/schema/nodes.ts";
import type { ResourceAllocationRow } from "#db/scheduler/schema/resource-allocations.ts";
import type { SchedulingPolicyRow } from "#db/scheduler/schema/scheduling-policies.ts";
import type { MoneyValue } from "#lib/graphql/money.ts";
import type { UserError as Problem } from "#lib/graphql/user-errors.ts";
import type { UserErrorCode } from "./generated/enums.ts";
import type { StateOfOperation, StateOfStep } from "#subgraphs/operation-fields.ts";

// The values that resolvers return for GraphQL types, under the types' names, which codegen reads. An entity is its row without a line here.

export type Money = MoneyValue;
export type UserError = Problem<UserErrorCode>;

export type ClusterNodePlatform = NodeRow;
export type NodeResources = NodeResourcesDocument;
export type ResourceAmounts = Partial<NodeResourcesDocument>;
export type NodeTaint = Taint;

export type NodeType = NodeRow["nodeType"];
export type NodeStatus = NodeRow["status"];
export type ClusterStatus = ClusterRow["status"];
export type TaintEffect = Taint["effect"];
export type PolicyType = SchedulingPolicyRow["policyType"];
export type AllocationType = ResourceAllocationRow["allocationType"];
export type AllocationStatus = ResourceAllocationRow["status"];
export type OperationState = StateOfOperation;
export type OperationStepState = StateOfStep;
