import type { FetchNode, PlanNode, QueryPlan } from "@apollo/query-planner";

/** Returns the plan with each fetch replaced. */
export function withFetches(plan: QueryPlan, fetch: (node: FetchNode) => FetchNode): QueryPlan {
  const inNode = (node: PlanNode): PlanNode => {
    switch (node.kind) {
      case "Fetch":
        return fetch(node);
      case "Flatten":
        return { ...node, node: inNode(node.node) };
      case "Sequence":
      case "Parallel":
        return { ...node, nodes: node.nodes.map(inNode) };
      case "Condition":
        return {
          ...node,
          ...(node.ifClause ? { ifClause: inNode(node.ifClause) } : {}),
          ...(node.elseClause ? { elseClause: inNode(node.elseClause) } : {}),
        };
      default:
        return node;
    }
  };
  const { node } = plan;
  if (!node) return plan;
  if (node.kind !== "Subscription") return { ...plan, node: inNode(node) };
  const { primary, rest } = node;
  return { ...plan, node: { ...node, primary: fetch(primary), ...(rest ? { rest: inNode(rest) } : {}) } };
}
