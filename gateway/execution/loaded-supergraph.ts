import { Supergraph, type Schema } from "@apollo/federation-internals";
import { QueryPlanner } from "@apollo/query-planner";
import type { GraphQLSchema } from "graphql";
import { type FitsType, typesOf } from "./types.ts";

/** A composed schema, ready to plan and to execute operations. */
export interface LoadedSupergraph {
  sdl: string;
  /** What clients see. */
  apiSchema: GraphQLSchema;
  /** The same in the planner's own model. */
  plannedSchema: Schema;
  planner: QueryPlanner;
  fits: FitsType;
}

/** @throws GraphQLError when the document is no supergraph, or needs a feature that this gateway does not have */
export function loadSupergraph(sdl: string): LoadedSupergraph {
  const supergraph = Supergraph.build(sdl);
  const plannedSchema = supergraph.apiSchema();
  return {
    sdl,
    plannedSchema,
    apiSchema: plannedSchema.toGraphQLJSSchema(),
    // A document of 1 KB with nested fragments would otherwise plan for seconds.
    planner: new QueryPlanner(supergraph, { debug: { maxEvaluatedPlans: 1_000 } }),
    fits: typesOf(supergraph.schema.toGraphQLJSSchema()),
  };
}
