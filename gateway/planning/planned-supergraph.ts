import { EnumType, type Schema, Supergraph } from "@apollo/federation-internals";
import { QueryPlanner } from "@apollo/query-planner";
import { type DocumentNode, Kind } from "graphql";
import { supportedFeatures } from "../authorization/supported-features.ts";
import { supergraphToPlan } from "./foreign-shapes/supergraph-to-plan.ts";
import type { Terms } from "./foreign-shapes/terms.ts";
import {
  type ObjectSupergraph,
  objectSupergraph,
  type PartlyKnownTypes,
  partlyKnownTypes,
} from "./object-supergraph.ts";
import { plannerConfig } from "./planner-config.ts";
import { parseFieldSet } from "./supergraph-ast.ts";

/** A supergraph in the planner's own model. */
export interface PlannedSupergraph {
  supergraph: Supergraph;
  /** The document that it was built from. */
  document: DocumentNode;
  /** The meaning of names in its plans. */
  terms: Terms;
  /** The schema that clients see. */
  plannedSchema: Schema;
  /** Interface → the subgraphs that know it as an object, by `@interfaceObject`: they do not know the types behind it. */
  interfaceObjects: ReadonlyMap<string, ReadonlySet<string>>;
  /** Interface → its fields in keys by which such a subgraph resolves no entity. */
  unresolvableKeys: ReadonlyMap<string, ReadonlySet<string>>;
  /** The names of fields that require others, by `@requires`. */
  requiring: ReadonlySet<string>;
  /** Created at first use: when another thread plans, this thread needs no planner. */
  readonly planner: QueryPlanner;
  /** Found at first use, as the next one. */
  readonly partlyKnown: PartlyKnownTypes;
  readonly objects: ObjectSupergraph;
}

/** @throws Error when the document is not a supergraph, or needs a feature that this gateway does not have */
export function plannedSupergraph(sdl: string): PlannedSupergraph {
  const { document, ...terms } = supergraphToPlan(sdl);
  const supergraph = Supergraph.build(document, { supportedFeatures: new Set(supportedFeatures) });
  let planner: QueryPlanner | undefined;
  let partlyKnown: PartlyKnownTypes | undefined;
  let objects: ObjectSupergraph | undefined;
  return {
    supergraph,
    document,
    terms,
    plannedSchema: supergraph.apiSchema(),
    interfaceObjects: interfaceObjectsIn(supergraph.schema),
    unresolvableKeys: unresolvableKeysIn(supergraph.schema),
    requiring: requiringIn(supergraph.schema),
    get planner() {
      return (planner ??= new QueryPlanner(supergraph, plannerConfig));
    },
    get partlyKnown() {
      return (partlyKnown ??= partlyKnownTypes(supergraph));
    },
    get objects() {
      return (objects ??= objectSupergraph(document, this.partlyKnown, this.plannedSchema));
    },
  };
}

function interfaceObjectsIn(schema: Schema): Map<string, Set<string>> {
  const nameOf = subgraphNames(schema);
  const found = new Map<string, Set<string>>();
  for (const type of schema.interfaceTypes()) {
    for (const join of type.appliedDirectivesOf("join__type")) {
      const { graph, isInterfaceObject } = join.arguments() as Record<string, unknown>;
      const subgraph = nameOf(graph);
      if (isInterfaceObject !== true || subgraph === undefined) continue;
      found.set(type.name, (found.get(type.name) ?? new Set()).add(subgraph));
    }
  }
  return found;
}

function unresolvableKeysIn(schema: Schema): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const type of schema.interfaceTypes()) {
    for (const join of type.appliedDirectivesOf("join__type")) {
      const { key, resolvable, isInterfaceObject } = join.arguments() as Record<string, unknown>;
      if (isInterfaceObject !== true || resolvable !== false || typeof key !== "string") continue;
      const names = parseFieldSet(key).selections.flatMap((each) => (each.kind === Kind.FIELD ? each.name.value : []));
      found.set(type.name, new Set([...(found.get(type.name) ?? []), ...names]));
    }
  }
  return found;
}

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

/** Returns a function that maps a value of the enum `join__Graph` to the name of its subgraph. */
function subgraphNames(schema: Schema): (graph: unknown) => string | undefined {
  const graphs = schema.type("join__Graph");
  return (graph) => {
    if (!(graphs instanceof EnumType)) return undefined;
    const name: unknown = graphs.value(String(graph))?.appliedDirectivesOf("join__graph")[0]?.arguments()["name"];
    return typeof name === "string" ? name : undefined;
  };
}
