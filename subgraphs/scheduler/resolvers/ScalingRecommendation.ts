import { moneyOf } from "#lib/graphql/money.ts";
import type { ScalingRecommendationResolvers } from "../generated/resolvers.ts";

export const ScalingRecommendation: ScalingRecommendationResolvers = {
  costImpact: ({ costImpact, currency }) => moneyOf(costImpact, currency),
  reason: ({ recommendationReason }) => recommendationReason,
};
