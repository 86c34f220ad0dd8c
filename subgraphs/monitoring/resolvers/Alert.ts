import { tagList } from "#lib/tags.ts";
import { shownState } from "../alerts/shown-state.ts";
import type { AlertResolvers } from "../generated/resolvers.ts";

export const Alert: AlertResolvers = {
  state: (alert) => shownState(alert, new Date()),
  open: ({ resolvedAt }) => resolvedAt === null,
  labels: ({ labels }) => tagList(labels),
};
