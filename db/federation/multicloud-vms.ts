import { contains, during, hasTags, isNull, oneOf } from "../filters.ts";
import { by, defineList } from "../list.ts";
import { lookup } from "../lookup.ts";
import { type MulticloudVmRow, multicloudVms } from "./schema/multicloud-vms.ts";

export const multicloudVmById = lookup<MulticloudVmRow>({ table: multicloudVms });

export const multicloudVmList = defineList<MulticloudVmRow>({
  table: multicloudVms,
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
});

export const multicloudVmsOfVm = multicloudVmList.under(by(multicloudVms.localVmId));
export const multicloudVmsAtProvider = multicloudVmList.under(by(multicloudVms.providerId));
