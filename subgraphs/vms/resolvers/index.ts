import { hypervisorEnum, snapshotTypeEnum, vmStateEnum } from "#db/vms/schema/enums.ts";
import { enumValues } from "#lib/graphql/enum-values.ts";
import type { Resolvers } from "../generated/resolvers.ts";
import { ClusterNode } from "./ClusterNode.ts";
import { vm } from "./Query/vm.ts";
import { vmNetworks } from "./Query/vmNetworks.ts";
import { vms } from "./Query/vms.ts";
import { vmSnapshots } from "./Query/vmSnapshots.ts";
import { vmStateTransitions } from "./Query/vmStateTransitions.ts";
import { vmTemplate } from "./Query/vmTemplate.ts";
import { vmTemplates } from "./Query/vmTemplates.ts";
import { vmStateChanged } from "./Subscription/vmStateChanged.ts";
import { Tenant } from "./Tenant.ts";
import { User } from "./User.ts";
import { Vm } from "./Vm.ts";
import { VmNetwork } from "./VmNetwork.ts";
import { VmResources } from "./VmResources.ts";
import { VmSnapshot } from "./VmSnapshot.ts";
import { VmStateTransition } from "./VmStateTransition.ts";
import { VmTemplate } from "./VmTemplate.ts";

export const resolvers: Resolvers = {
  Query: { vm, vmNetworks, vms, vmSnapshots, vmStateTransitions, vmTemplate, vmTemplates },
  ClusterNode,
  Tenant,
  User,
  Vm,
  VmNetwork,
  VmResources,
  VmSnapshot,
  VmStateTransition,
  VmTemplate,
  HypervisorType: enumValues(hypervisorEnum.enumValues),
  SnapshotType: enumValues(snapshotTypeEnum.enumValues),
  VmState: enumValues(vmStateEnum.enumValues),
};

/** The fields of `Subscription`. */
export const live = { vmStateChanged };
