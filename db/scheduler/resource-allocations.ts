import { during, oneOf } from "../filters.ts";
import { by, defineList } from "../list.ts";
import { lookup } from "../lookup.ts";
import { type ResourceAllocationRow, resourceAllocations } from "./schema/resource-allocations.ts";

export const resourceAllocationById = lookup<ResourceAllocationRow>({ table: resourceAllocations });

export const resourceAllocationList = defineList<ResourceAllocationRow>({
  table: resourceAllocations,
  filters: {
    vm: oneOf(resourceAllocations.vmId),
    node: oneOf(resourceAllocations.nodeId),
    type: oneOf(resourceAllocations.allocationType),
    status: oneOf(resourceAllocations.status),
    gpuModel: oneOf(resourceAllocations.gpuType),
    allocatedAt: during(resourceAllocations.allocatedAt),
    deallocatedAt: during(resourceAllocations.deallocatedAt),
    expiresAt: during(resourceAllocations.expiresAt),
  },
  orders: {
    ALLOCATED_AT: resourceAllocations.allocatedAt,
    CPU_MILLICORES: resourceAllocations.cpuMillicores,
    MEMORY_BYTES: resourceAllocations.memoryMb,
    GPU_MILLI: resourceAllocations.gpuMilli,
  },
  defaultOrder: { field: "ALLOCATED_AT", direction: "DESC" },
});

export const allocationsOfVm = resourceAllocationList.under(by(resourceAllocations.vmId));
export const allocationsOnNode = resourceAllocationList.under(by(resourceAllocations.nodeId));
export const allocationsOfTenant = resourceAllocationList.under(by(resourceAllocations.tenantId));
