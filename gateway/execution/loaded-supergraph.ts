import { buildASTSchema, type GraphQLSchema } from "graphql";
import { type CostRules, costRules } from "../limits/cost-rules.ts";
import type { Policies } from "../authorization/access-rule.ts";
import { type AccessRules, accessRulesOf } from "../authorization/access-rules.ts";
import { markOneOf } from "../planning/one-of.ts";
import { type PlannedSupergraph, plannedSupergraph } from "../planning/planned-supergraph.ts";
import { type EntityKeys, entityKeysIn } from "./entity-keys.ts";
import { subscribableIn } from "./subscribable.ts";
import { type FitsType, typesOf } from "./types.ts";

/** A composed schema, ready to plan and to execute operations. */
export interface LoadedSupergraph {
  sdl: string;
  planned: PlannedSupergraph;
  /** The schema that clients see. */
  apiSchema: GraphQLSchema;
  /** The schema that includes types and fields that clients cannot see. */
  wholeSchema: GraphQLSchema;
  fits: FitsType;
  keys: EntityKeys;
  accessRules: AccessRules;
  costs: CostRules;
  /** The subgraphs that have subscriptions. */
  subscribable: readonly string[];
}

/**
 * Loads a supergraph.
 * @param policies the meaning of the names in `@policy`
 * @throws Error when the document is not a supergraph, or needs a feature or a policy that this gateway does not have
 */
export function loadSupergraph(sdl: string, policies: Policies = {}): LoadedSupergraph {
  const planned = plannedSupergraph(sdl);
  const { schema } = planned.supergraph;
  // The document was validated as a supergraph.
  const wholeSchema = buildASTSchema(planned.document, { assumeValidSDL: true });
  const apiSchema = planned.plannedSchema.toGraphQLJSSchema();
  markOneOf(apiSchema, sdl);
  return {
    sdl,
    planned,
    apiSchema,
    accessRules: accessRulesOf(schema, policies),
    costs: costRules(schema),
    subscribable: subscribableIn(planned.supergraph),
    wholeSchema,
    keys: entityKeysIn(sdl),
    fits: typesOf(wholeSchema),
  };
}
