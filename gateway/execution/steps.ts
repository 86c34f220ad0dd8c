import type { PlanNode, ResponsePath } from "@apollo/query-planner";
import { type EntityTypes, fetchStep } from "./fetch-step.ts";
import type { Step } from "./run.ts";

const nothing: Step = async () => undefined;

/**
 * Compiles a node of a query plan.
 * @param path where the node's data is in the whole response
 */
export function stepOf(node: PlanNode | undefined, path: ResponsePath, types: EntityTypes): Step {
  if (!node) return nothing;
  switch (node.kind) {
    case "Sequence":
      return sequence(node.nodes.map((child) => stepOf(child, path, types)));
    case "Parallel":
      return parallel(node.nodes.map((child) => stepOf(child, path, types)));
    case "Flatten":
      return stepOf(node.node, [...path, ...node.path], types);
    case "Fetch":
      return fetchStep(node, path, types);
    default:
      throw new Error("Plans are made without conditions and without @defer.");
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
