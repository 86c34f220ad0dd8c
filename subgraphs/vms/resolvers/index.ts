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
import {
  AbandonOperationPayload,
  CancelOperationPayload,
  Operation,
  OperationConnection,
  OperationEdge,
} from "./Operation.ts";
import { operation } from "./Query/operation.ts";
import { operationProgressed } from "./Subscription/operationProgressed.ts";
import * as slots from "../slots/slots.ts";
import { Vm } from "./Vm.ts";
import { VmResources } from "./VmResources.ts";
import { VmSnapshot } from "./VmSnapshot.ts";
import { VmTemplate } from "./VmTemplate.ts";

export const resolvers: Resolvers = {
  Query: { operation },
  Mutation: mutationResolvers<MutationResolvers, UserErrorCode, VmsServices>({ ...operations, ...slots }),
  ...operationResolvers("VmsOperation"),
  Operation,
  OperationConnection,
  OperationEdge,
  AbandonOperationPayload,
  CancelOperationPayload,
  Vm,
  VmResources,
  VmSnapshot,
  VmTemplate,
  HypervisorType: enumValues(hypervisorEnum.enumValues),
  SnapshotType: enumValues(snapshotTypeEnum.enumValues),
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
