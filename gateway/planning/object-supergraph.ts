import {
  baseType,
  isAbstractType,
  possibleRuntimeTypes,
  type Schema,
  type Subgraph,
  Supergraph,
} from "@apollo/federation-internals";
import { QueryPlanner } from "@apollo/query-planner";
import { type ConstDirectiveNode, type DocumentNode, type FieldDefinitionNode, Kind } from "graphql";
import { supportedFeatures } from "../authorization/supported-features.ts";
import { plannerConfig } from "./planner-config.ts";
import { argumentOf, directive, directivesOf } from "./supergraph-ast.ts";

/** The names of object types by subgraph: those behind a union or interface behind which other subgraphs know other types. */
export type PartlyKnownTypes = ReadonlyMap<string, ReadonlySet<string>>;

/** A supergraph in which each object of a partly known type is also a root field, so that the fields of such an object can be planned alone. */
export interface ObjectSupergraph {
  supergraph: Supergraph;
  schema: Schema;
  planner: QueryPlanner;
  /** Returns the root field by which a subgraph returns an object of the type. */
  rootField(subgraph: string, type: string): string | undefined;
}

/** The union of all entities of a subgraph, which is not a type of the supergraph. */
const entities = "_Entity";

export function partlyKnownTypes(supergraph: Supergraph): PartlyKnownTypes {
  const behind = new Map<string, { subgraph: string; types: string[] }[]>();
  for (const { name: subgraph, schema } of supergraph.subgraphs().values()) {
    for (const type of [...schema.unionTypes(), ...schema.interfaceTypes()]) {
      if (type.name === entities) continue;
      const types = namesOf(possibleRuntimeTypes(type)).sort();
      behind.set(type.name, [...(behind.get(type.name) ?? []), { subgraph, types }]);
    }
  }
  const found = new Map<string, Set<string>>();
  for (const known of behind.values()) {
    if (new Set(known.map(({ types }) => types.join())).size < 2) continue;
    for (const { subgraph, types } of known) found.set(subgraph, new Set([...(found.get(subgraph) ?? []), ...types]));
  }
  return found;
}

/** Returns whether several subgraphs resolve a field and know different types behind its union or interface. */
export function hasFieldsOfPartlyKnownTypes(supergraph: Supergraph): boolean {
  const behind = new Map<string, string>();
  for (const subgraph of supergraph.subgraphs().values()) {
    for (const [coordinate, types] of abstractFieldsOf(subgraph)) {
      const others = behind.get(coordinate) ?? types;
      if (others !== types) return true;
      behind.set(coordinate, types);
    }
  }
  return false;
}

function* abstractFieldsOf(subgraph: Subgraph): Generator<[coordinate: string, types: string]> {
  for (const type of [...subgraph.schema.objectTypes(), ...subgraph.schema.interfaceTypes()]) {
    for (const field of type.fields()) {
      const named = field.type && baseType(field.type);
      if (!named || !isAbstractType(named) || named.name === entities || subgraph.metadata().isFieldExternal(field))
        continue;
      yield [field.coordinate, namesOf(possibleRuntimeTypes(named)).sort().join()];
    }
  }
}

const namesOf = (types: readonly { name: string }[]): string[] => types.map(({ name }) => name);

/**
 * @param document the supergraph over which operations are planned
 * @param visible the schema that clients see: a type that they do not see has no root field, and they select nothing on it
 */
export function objectSupergraph(document: DocumentNode, types: PartlyKnownTypes, visible: Schema): ObjectSupergraph {
  const graphs = graphsByName(document);
  const rootField = (subgraph: string, type: string): string | undefined => {
    const graph = graphs.get(subgraph);
    const isKnown = types.get(subgraph)?.has(type) && visible.type(type) !== undefined;
    return graph !== undefined && isKnown ? `_${graph}_${type}` : undefined;
  };
  const fields = [...types].flatMap(([subgraph, names]) =>
    [...names].flatMap((type) => rootFieldNode(rootField(subgraph, type), type, graphs.get(subgraph)) ?? []),
  );
  const supergraph = Supergraph.build(withRootFields(document, fields), {
    supportedFeatures: new Set(supportedFeatures),
  });
  return {
    supergraph,
    schema: supergraph.apiSchema(),
    planner: new QueryPlanner(supergraph, plannerConfig),
    rootField,
  };
}

/** Returns the values of the enum `join__Graph` by the names of their subgraphs. */
function graphsByName({ definitions }: DocumentNode): Map<string, string> {
  const graphs = definitions.find(
    (node) => node.kind === Kind.ENUM_TYPE_DEFINITION && node.name.value === "join__Graph",
  );
  const values = graphs?.kind === Kind.ENUM_TYPE_DEFINITION ? (graphs.values ?? []) : [];
  return new Map(
    values.flatMap((value) =>
      directivesOf(value, "join__graph").map((join) => [argumentOf(join, "name") ?? "", value.name.value] as const),
    ),
  );
}

const join = (name: string, graph: string): ConstDirectiveNode =>
  directive(name, { graph: { kind: Kind.ENUM, value: graph } });

function rootFieldNode(
  name: string | undefined,
  type: string,
  graph: string | undefined,
): FieldDefinitionNode | undefined {
  if (name === undefined || graph === undefined) return undefined;
  return {
    kind: Kind.FIELD_DEFINITION,
    name: { kind: Kind.NAME, value: name },
    type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: type } },
    directives: [join("join__field", graph)],
  };
}

const withRootFields = (document: DocumentNode, fields: readonly FieldDefinitionNode[]): DocumentNode => ({
  ...document,
  definitions: document.definitions.map((node) => {
    if (node.kind !== Kind.OBJECT_TYPE_DEFINITION || node.name.value !== "Query") return node;
    const joined = new Set(directivesOf(node, "join__type").map((each) => argumentOf(each, "graph")));
    const graphs = new Set(
      fields.flatMap((field) => directivesOf(field, "join__field")).map((each) => argumentOf(each, "graph") ?? ""),
    );
    const lacking = [...graphs].filter((graph) => !joined.has(graph)).map((graph) => join("join__type", graph));
    return {
      ...node,
      directives: [...(node.directives ?? []), ...lacking],
      fields: [...(node.fields ?? []), ...fields],
    };
  }),
});
