import { during, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { allocationHistory } from "./change-history.ts";
import { resourceAllocations } from "./schema/resource-allocations.ts";

export const resourceAllocationEntity = defineEntity({
  table: resourceAllocations,
  history: allocationHistory,
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
  under: {
    "Vm.allocations": by(resourceAllocations.vmId),
    "ClusterNode.allocations": by(resourceAllocations.nodeId),
    "Tenant.allocations": by(resourceAllocations.tenantId),
  },
});
