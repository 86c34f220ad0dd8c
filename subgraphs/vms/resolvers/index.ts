import { hypervisorEnum, snapshotTypeEnum, vmStateEnum } from "#db/vms/schema/enums.ts";
import { vmStateTransitionEntity } from "#db/vms/vm-state-transitions.ts";
import { enumValues } from "#lib/graphql/enum-values.ts";
import { mutationResolvers } from "#subgraphs/mutations.ts";
import { newRows } from "#subgraphs/new-rows.ts";
import { operationResolvers } from "#subgraphs/operation-fields.ts";
import type { UserErrorCode } from "../generated/enums.ts";
import type { MutationResolvers, Resolvers } from "../generated/resolvers.ts";
import type { VmsServices } from "../services.ts";
import * as operations from "../operations/end-operations.ts";
import { Operation, OperationConnection, OperationEdge, payloadsWithOperation } from "./Operation.ts";
import { operation } from "./Query/operation.ts";
import { operationProgressed } from "./Subscription/operationProgressed.ts";
import { createVm } from "../creation/create-vm.ts";
import { deleteVm } from "../deletion/delete-vm.ts";
import { undeleteVm } from "../deletion/undelete-vm.ts";
import { offeredActions } from "../lifecycle/lifecycle.ts";
import * as power from "../power/power-vm.ts";
import { startVm } from "../power/start-vm.ts";
import * as slots from "../slots/slots.ts";
import * as protection from "../vms/protect-vm.ts";
import * as updates from "../vms/update-vm.ts";
import { Vm } from "./Vm.ts";
import { VmResources } from "./VmResources.ts";
import { VmSnapshot } from "./VmSnapshot.ts";
import { VmStateTransition } from "./VmStateTransition.ts";
import { VmTemplate } from "./VmTemplate.ts";

export const resolvers: Resolvers = {
  Query: { operation },
  Mutation: mutationResolvers<MutationResolvers, UserErrorCode, VmsServices>({
    createVm,
    deleteVm,
    ...operations,
    ...power,
    startVm,
    undeleteVm,
    ...slots,
    ...protection,
    ...updates,
  }),
  ...operationResolvers("VmsOperation"),
  Operation,
  OperationConnection,
  OperationEdge,
  ...payloadsWithOperation([
    "AbandonOperationPayload",
    "CancelOperationPayload",
    "CreateVmPayload",
    "DeleteVmPayload",
    "PauseVmPayload",
    "RebootVmPayload",
    "RecoverVmPayload",
    "ResumeVmPayload",
    "StartVmPayload",
    "StopVmPayload",
    "SuspendVmPayload",
    "UndeleteVmPayload",
  ]),
  Vm,
  VmResources,
  VmSnapshot,
  VmStateTransition,
  VmTemplate,
  HypervisorType: enumValues(hypervisorEnum.enumValues),
  SnapshotType: enumValues(snapshotTypeEnum.enumValues),
  VmAction: enumValues(offeredActions),
  VmState: enumValues(vmStateEnum.enumValues),
};

/** The fields of `Subscription`. */
export const live = {
  operationProgressed,
  vmStateChanged: newRows({
    type: "VmStateTransition",
    entity: vmStateTransitionEntity,
    event: "vm_state_transition.created",
    noun: "transition",
  }),
};
