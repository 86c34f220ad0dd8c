import type { UserError as Problem } from "#lib/graphql/user-errors.ts";
import type { VmResourceConfig } from "#db/vms/schema/vm-config.ts";
import type { VmSnapshotRow } from "#db/vms/schema/vm-snapshots.ts";
import type { VmRow } from "#db/vms/schema/vms.ts";
import type { AvailableAction } from "./lifecycle/available-actions.ts";
import type { UserErrorCode } from "./generated/enums.ts";
import type { StateOfOperation, StateOfStep } from "#subgraphs/operation-fields.ts";

// The values that resolvers return for GraphQL types, under the types' names, which codegen reads. An entity is its row without a line here.

export type VmResources = VmResourceConfig;
export type UserError = Problem<UserErrorCode>;
/** The row, of an operation of this domain. */
export type Operation = { id: string };

export type VmState = VmRow["state"];
export type HypervisorType = VmRow["hypervisorType"];
export type VmAction = AvailableAction["action"];
export type SnapshotType = VmSnapshotRow["snapshotType"];
export type OperationState = StateOfOperation;
export type OperationStepState = StateOfStep;
