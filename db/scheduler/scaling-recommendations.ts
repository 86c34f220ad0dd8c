import { contains, during, isNull, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { scalingRecommendationHistory } from "./change-history.ts";
import { scalingRecommendations } from "./schema/scaling-recommendations.ts";

export const scalingRecommendationEntity = defineEntity({
  table: scalingRecommendations,
  history: scalingRecommendationHistory,
  filters: {
    vm: oneOf(scalingRecommendations.vmId),
    open: isNull(scalingRecommendations.appliedAt),
    mlModelVersion: oneOf(scalingRecommendations.mlModelVersion),
    feedbackScore: oneOf(scalingRecommendations.feedbackScore),
    createdAt: during(scalingRecommendations.createdAt),
    appliedAt: during(scalingRecommendations.appliedAt),
    text: contains(scalingRecommendations.recommendationReason),
  },
  orders: { CREATED_AT: scalingRecommendations.createdAt },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
  under: {
    "Vm.recommendations": by(scalingRecommendations.vmId),
  },
});
