import { shownState } from "#db/monitoring/shown-state.ts";
import { tagList } from "#lib/tags.ts";
import type { AlertResolvers } from "../generated/resolvers.ts";

export const Alert: AlertResolvers = {
  rule: ({ ruleId }, _args, { loaders }) => loaders.alertRuleById.load(ruleId),
  vm: ({ vmId }) => (vmId ? { id: vmId } : null),
  node: ({ nodeId }) => (nodeId ? { id: nodeId } : null),
  tenant: ({ tenantId }) => ({ id: tenantId }),
  state: (alert) => shownState(alert, new Date()),
  open: ({ resolvedAt }) => resolvedAt === null,
  labels: ({ labels }) => tagList(labels),
  acknowledgedBy: ({ acknowledgedBy }) => (acknowledgedBy ? { id: acknowledgedBy } : null),
};
