import type { Database, Scope } from "#db/client.ts";
import type { RecordedRow } from "#db/record-rows.ts";
import { addScalingRecommendations } from "#db/scheduler/record-writes.ts";
import type { scalingRecommendations } from "#db/scheduler/schema/scaling-recommendations.ts";

/** Records recommendations. Existing ones stay as they are. @returns how many were added */
export const recordRecommendations = (
  database: Database,
  scope: Scope,
  recommendations: readonly RecordedRow<typeof scalingRecommendations>[],
): Promise<number> => database.write(scope, (tx) => addScalingRecommendations(tx, recommendations));
