import { hypervisorEnum, snapshotTypeEnum, vmStateEnum } from "#db/vms/schema/enums.ts";
import { vmStateTransitionEntity } from "#db/vms/vm-state-transitions.ts";
import { enumValues } from "#lib/graphql/enum-values.ts";
import { newRows } from "#subgraphs/new-rows.ts";
import { mutationResolvers } from "#subgraphs/mutations.ts";
import type { MutationResolvers, Resolvers } from "../generated/resolvers.ts";
import type { VmsServices } from "../services.ts";
import * as slots from "../slots/slots.ts";
import { Vm } from "./Vm.ts";
import { VmResources } from "./VmResources.ts";
import { VmSnapshot } from "./VmSnapshot.ts";
import { VmTemplate } from "./VmTemplate.ts";

export const resolvers: Resolvers = {
  Mutation: mutationResolvers<MutationResolvers, never, VmsServices>({ ...slots }),
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
  vmStateChanged: newRows({
    type: "VmStateTransition",
    entity: vmStateTransitionEntity,
    event: "vm_state_transition.created",
    noun: "transition",
  }),
};
