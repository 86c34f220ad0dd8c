import type { VmMetricsResolvers } from "../generated/resolvers.ts";
import { ageSeconds } from "../metrics/age.ts";

export const VmMetrics: VmMetricsResolvers = {
  vm: ({ vmId }) => ({ id: vmId }),
  node: ({ nodeId }) => (nodeId ? { id: nodeId } : null),
  tenant: ({ tenantId }) => ({ id: tenantId }),
  ageSeconds: ({ time }) => ageSeconds(time, new Date()),
};
