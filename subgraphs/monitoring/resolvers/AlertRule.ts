import { tagList } from "#lib/tags.ts";
import type { AlertRuleResolvers } from "../generated/resolvers.ts";

export const AlertRule: AlertRuleResolvers = {
  labels: ({ labels }) => tagList(labels),
};
