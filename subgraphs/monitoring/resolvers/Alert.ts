import { shownState } from "#db/monitoring/shown-state.ts";
import { tagList } from "#lib/tags.ts";
import type { AlertResolvers } from "../generated/resolvers.ts";

export const Alert: AlertResolvers = {
  state: (alert) => shownState(alert, new Date()),
  open: ({ resolvedAt }) => resolvedAt === null,
  labels: ({ labels }) => tagList(labels),
};
