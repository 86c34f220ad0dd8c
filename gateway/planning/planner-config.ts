import type { QueryPlanner } from "@apollo/query-planner";

/** Without these limits, planning a document of 1 KB with nested fragments would take seconds. */
export const plannerConfig: ConstructorParameters<typeof QueryPlanner>[1] = {
  debug: { maxEvaluatedPlans: 1_000, pathsLimit: 10_000 },
};
