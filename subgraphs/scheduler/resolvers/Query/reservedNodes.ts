import { nodesOfOperation } from "#db/scheduler/decision-writes.ts";
import { readIn } from "#db/read-in.ts";
import { scopeOf } from "#subgraphs/use-case.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const reservedNodes: QueryResolvers["reservedNodes"] = async (_root, ids, { services, request }) => {
  const nodes = await readIn(services.database, scopeOf(request), (tx) => nodesOfOperation(tx, ids));
  return nodes.length > 0 ? nodes : null;
};
