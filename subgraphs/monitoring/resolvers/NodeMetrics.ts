import type { NodeMetricsResolvers } from "../generated/resolvers.ts";
import { ageSeconds } from "../metrics/age.ts";

export const NodeMetrics: NodeMetricsResolvers = {
  node: ({ nodeId }) => ({ id: nodeId }),
  ageSeconds: ({ time }) => ageSeconds(time, new Date()),
};
