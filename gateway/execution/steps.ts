import type { PlanNode, ResponsePath } from "@apollo/query-planner";
import type { BooleanVariables } from "./boolean-variables.ts";
import { fetchStep } from "./fetch-step.ts";
import type { Step } from "./run.ts";
import type { FitsType } from "./types.ts";

const nothing: Step = async () => undefined;

/**
 * Compiles a node of a query plan.
 * @param path where the node's data is in the whole answer
 */
export function stepOf(
  node: PlanNode | undefined,
  path: ResponsePath,
  compile: { fits: FitsType; booleans: BooleanVariables },
): Step {
  if (!node) return nothing;
  switch (node.kind) {
    case "Sequence":
      return sequence(node.nodes.map((child) => stepOf(child, path, compile)));
    case "Parallel":
      return parallel(node.nodes.map((child) => stepOf(child, path, compile)));
    case "Flatten":
      return stepOf(node.node, [...path, ...node.path], compile);
    case "Fetch":
      return fetchStep(node, path, compile.fits);
    case "Condition": {
      const valueOf = compile.booleans.reader(node.condition);
      const yes = stepOf(node.ifClause, path, compile);
      const no = stepOf(node.elseClause, path, compile);
      return (run) => (valueOf(run.variables) ? yes : no)(run);
    }
    default:
      throw new Error("Plans are made without @defer.");
  }
}

function sequence(steps: readonly Step[]): Step {
  return async (run) => {
    for (const step of steps) await step(run);
  };
}

function parallel(steps: readonly Step[]): Step {
  return async (run) => {
    await Promise.all(steps.map((step) => step(run)));
  };
}
