import { contains, during, hasTags, isNull, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { providerVmHistory } from "./change-history.ts";
import { multicloudVms } from "./schema/multicloud-vms.ts";

export const multicloudVmEntity = defineEntity({
  table: multicloudVms,
  history: providerVmHistory,
  filters: {
    vm: oneOf(multicloudVms.localVmId),
    provider: oneOf(multicloudVms.providerId),
    providerVmId: oneOf(multicloudVms.providerVmId),
    state: oneOf(multicloudVms.state),
    region: oneOf(multicloudVms.region),
    availabilityZone: oneOf(multicloudVms.availabilityZone),
    instanceType: oneOf(multicloudVms.instanceType),
    instanceFamily: oneOf(multicloudVms.instanceFamily),
    tags: hasTags(multicloudVms.tags),
    neverSynced: isNull(multicloudVms.lastSync),
    lastSyncAt: during(multicloudVms.lastSync),
    createdAt: during(multicloudVms.createdAt),
    text: contains(multicloudVms.name, multicloudVms.providerVmId),
  },
  orders: {
    CREATED_AT: multicloudVms.createdAt,
    UPDATED_AT: multicloudVms.updatedAt,
    PROVIDER_VM_ID: multicloudVms.providerVmId,
    STATE: multicloudVms.state,
  },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
  under: {
    "Vm.providerVms": by(multicloudVms.localVmId),
    "CloudProvider.vms": by(multicloudVms.providerId),
  },
});
