import { hypervisorEnum, snapshotTypeEnum, vmStateEnum } from "#db/vms/schema/enums.ts";
import { enumValues } from "#lib/graphql/enum-values.ts";
import type { Resolvers } from "../generated/resolvers.ts";
import { vmStateChanged } from "./Subscription/vmStateChanged.ts";
import { Vm } from "./Vm.ts";
import { VmResources } from "./VmResources.ts";
import { VmSnapshot } from "./VmSnapshot.ts";
import { VmTemplate } from "./VmTemplate.ts";

export const resolvers: Resolvers = {
  Vm,
  VmResources,
  VmSnapshot,
  VmTemplate,
  HypervisorType: enumValues(hypervisorEnum.enumValues),
  SnapshotType: enumValues(snapshotTypeEnum.enumValues),
  VmState: enumValues(vmStateEnum.enumValues),
};

/** The fields of `Subscription`. */
export const live = { vmStateChanged };
