import { type Schema, Supergraph } from "@apollo/federation-internals";
import { QueryPlanner } from "@apollo/query-planner";
import { supportedFeatures } from "../authorization/supported-features.ts";
import { supergraphToPlan } from "./requirements/supergraph-to-plan.ts";
import type { Terms } from "./requirements/terms.ts";

/** A supergraph in the planner's own model. */
export interface PlannedSupergraph {
  supergraph: Supergraph;
  /** What names in its plans mean. */
  terms: Terms;
  /** What clients see. */
  plannedSchema: Schema;
  /** The interfaces that some subgraph knows as an object, by `@interfaceObject`: there it does not know the types behind them. */
  interfaceObjects: ReadonlySet<string>;
  /** The names of fields that require others, by `@requires`. */
  requiring: ReadonlySet<string>;
  /** Made when it is first asked for: who plans in another thread has no use for one in this. */
  readonly planner: QueryPlanner;
}

/** @throws Error when the document is no supergraph, or needs a feature that this gateway does not have */
export function plannedSupergraph(sdl: string): PlannedSupergraph {
  const { sdl: toPlan, ...terms } = supergraphToPlan(sdl);
  const supergraph = Supergraph.build(toPlan, { supportedFeatures: new Set(supportedFeatures) });
  let planner: QueryPlanner | undefined;
  return {
    supergraph,
    terms,
    plannedSchema: supergraph.apiSchema(),
    interfaceObjects: interfaceObjectsIn(supergraph.schema),
    requiring: requiringIn(supergraph.schema),
    get planner() {
      // A document of 1 KB with nested fragments would otherwise plan for seconds.
      return (planner ??= new QueryPlanner(supergraph, { debug: { maxEvaluatedPlans: 1_000, pathsLimit: 10_000 } }));
    },
  };
}

const interfaceObjectsIn = (schema: Schema): Set<string> =>
  new Set(
    schema
      .interfaceTypes()
      .filter((type) =>
        type.appliedDirectivesOf("join__type").some((join) => join.arguments()["isInterfaceObject"] === true),
      )
      .map(({ name }) => name),
  );

const requiringIn = (schema: Schema): Set<string> =>
  new Set(
    [...schema.objectTypes(), ...schema.interfaceTypes()].flatMap((type) =>
      type
        .fields()
        .filter((field) =>
          field.appliedDirectivesOf("join__field").some((join) => join.arguments()["requires"] !== undefined),
        )
        .map(({ name }) => name),
    ),
  );
