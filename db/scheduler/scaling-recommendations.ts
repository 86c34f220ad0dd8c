import { contains, during, isNull, oneOf } from "../filters.ts";
import { by, defineList } from "../list.ts";
import { lookup } from "../lookup.ts";
import { type ScalingRecommendationRow, scalingRecommendations } from "./schema/scaling-recommendations.ts";

export const scalingRecommendationById = lookup<ScalingRecommendationRow>({
  table: scalingRecommendations,
});

export const scalingRecommendationList = defineList<ScalingRecommendationRow>({
  table: scalingRecommendations,
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
});

export const recommendationsForVm = scalingRecommendationList.under(by(scalingRecommendations.vmId));
