import type { MetricImportResolvers } from "../generated/resolvers.ts";

export const MetricImport: MetricImportResolvers = {
  tenant: ({ tenantId }) => ({ id: tenantId }),
  traceStartAt: ({ traceStart }) => traceStart,
  traceEndAt: ({ traceEnd }) => traceEnd,
};
