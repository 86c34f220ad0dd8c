import { Supergraph, type Schema } from "@apollo/federation-internals";
import { QueryPlanner } from "@apollo/query-planner";
import type { GraphQLSchema } from "graphql";
import type { Policies } from "../authorization/requirement.ts";
import { type Requirements, requirementsOf } from "../authorization/requirements.ts";
import { supportedFeatures } from "../authorization/supported-features.ts";
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
  requirements: Requirements;
}

/**
 * @param policies what the names in `@policy` mean
 * @throws Error when the document is no supergraph, or needs a feature or a policy that this gateway does not have
 */
export function loadSupergraph(sdl: string, policies: Policies = {}): LoadedSupergraph {
  const supergraph = Supergraph.build(sdl, { supportedFeatures: new Set(supportedFeatures) });
  const plannedSchema = supergraph.apiSchema();
  return {
    sdl,
    plannedSchema,
    apiSchema: plannedSchema.toGraphQLJSSchema(),
    // A document of 1 KB with nested fragments would otherwise plan for seconds.
    planner: new QueryPlanner(supergraph, { debug: { maxEvaluatedPlans: 1_000 } }),
    requirements: requirementsOf(supergraph.schema, policies),
    fits: typesOf(supergraph.schema.toGraphQLJSSchema()),
  };
}
