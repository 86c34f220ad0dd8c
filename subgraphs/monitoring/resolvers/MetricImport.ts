import type { MetricImportResolvers } from "../generated/resolvers.ts";

export const MetricImport: MetricImportResolvers = {
  traceStartAt: ({ traceStart }) => traceStart,
  traceEndAt: ({ traceEnd }) => traceEnd,
};
