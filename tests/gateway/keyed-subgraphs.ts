import { composeServices } from "@apollo/composition";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { type DocumentNode, execute, type ExecutionResult, Kind, parse, type SelectionSetNode, visit } from "graphql";

export type Row = Readonly<Record<string, unknown>>;

export interface KeyedSubgraph {
  sdl: string;
  /** Root field → the entities that it returns. */
  roots?: Readonly<Record<string, readonly Row[]>>;
  /** Field (`Item.label`) → its value, from the entity's row and from the representation. */
  fields?: Readonly<Record<string, (row: Row, brought: Row) => unknown>>;
}

const head = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@requires", "@external", "@shareable",
  "@interfaceObject", "@inaccessible"])\n`;

/** Composes the subgraphs. @returns undefined if they do not compose */
export function composed(subgraphs: Readonly<Record<string, KeyedSubgraph>>): string | undefined {
  const services = Object.entries(subgraphs).map(([name, { sdl }]) => ({
    name,
    typeDefs: parse(head + sdl),
    url: `http://${name}`,
  }));
  return composeServices(services).supergraphSdl;
}

/**
 * Serves subgraphs that resolve an entity only by a resolvable key that their schema declares for its type; any other representation is null. Rows are `{
 * __typename, … }`; a subgraph that defines an interface as an object finds its rows by the interface's keys.
 */
export function keyedSubgraphs(subgraphs: Readonly<Record<string, KeyedSubgraph>>, rows: readonly Row[]) {
  const served = new Map(Object.entries(subgraphs).map(([name, subgraph]) => [name, answering(subgraph, rows)]));
  return async (name: string, query: string, variables: Row): Promise<ExecutionResult> => {
    const answer = served.get(name);
    if (!answer) throw new Error(`There is no subgraph ${name}.`);
    return answer(query, variables);
  };
}

interface Held {
  __typename: string;
  row: Row;
  brought: Row;
}

function answering({ sdl, roots = {}, fields = {} }: KeyedSubgraph, rows: readonly Row[]) {
  const document = parse(head + sdl);
  const keys = resolvableKeys(document);
  const schema = buildSubgraphSchema(document);
  const objects = new Set(
    document.definitions.flatMap((node) =>
      node.kind === Kind.OBJECT_TYPE_DEFINITION && node.name.value !== "Query" ? node.name.value : [],
    ),
  );
  const typeOf = (row: Row): string => {
    const own = String(row["__typename"]);
    return objects.has(own) ? own : String(row["interface"]);
  };
  const held = (row: Row, brought: Row = {}): Held => ({ __typename: typeOf(row), row, brought });
  const resolveReference = (reference: Row): Held | null => {
    const typename = String(reference["__typename"]);
    const key = keys.get(typename)?.find((selection) => holds(reference, selection));
    const row = key && rows.find((each) => fits(each, typename) && agree(reference, each, key));
    return row ? held(row, reference) : null;
  };
  const answersRoot = (name: string) => roots[name]?.map((row) => held(row)) ?? null;
  for (const type of Object.values(schema.getTypeMap())) {
    if ("resolveType" in type) type.resolveType = (value: unknown) => (value as Held).__typename;
    if (keys.has(type.name)) type.extensions = { apollo: { subgraph: { resolveReference } } };
  }
  return (query: string, variables: Row): ExecutionResult | Promise<ExecutionResult> =>
    execute({
      schema,
      document: parse(query),
      variableValues: { ...variables },
      contextValue: {},
      fieldResolver: (source: Held | undefined, _args, _context, { parentType, fieldName }) => {
        if (!source) return answersRoot(fieldName);
        if (!("row" in source)) return (source as Row)[fieldName];
        const compute = fields[`${parentType.name}.${fieldName}`];
        return compute ? compute(source.row, source.brought) : source.row[fieldName];
      },
    });
}

const fits = (row: Row, typename: string): boolean => row["__typename"] === typename || row["interface"] === typename;

/** Returns, for each type, the selections of its keys, without those that are `resolvable: false`. */
function resolvableKeys(document: DocumentNode): Map<string, SelectionSetNode[]> {
  const keys = new Map<string, SelectionSetNode[]>();
  let type = "";
  visit(document, {
    enter: (node) => {
      if (node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.INTERFACE_TYPE_DEFINITION)
        type = node.name.value;
      if (node.kind !== Kind.DIRECTIVE || node.name.value !== "key") return;
      const given = Object.fromEntries((node.arguments ?? []).map(({ name, value }) => [name.value, value]));
      if (given["resolvable"]?.kind === Kind.BOOLEAN && !given["resolvable"].value) return;
      const [definition] = parse(
        `{ ${given["fields"]?.kind === Kind.STRING ? given["fields"].value : ""} }`,
      ).definitions;
      if (definition?.kind !== Kind.OPERATION_DEFINITION) return;
      keys.set(type, [...(keys.get(type) ?? []), definition.selectionSet]);
    },
  });
  return keys;
}

/** Returns whether a representation has all fields of a key. */
const holds = (value: unknown, { selections }: SelectionSetNode): boolean =>
  selections.every((node) => {
    const inner = node.kind === Kind.FIELD ? (value as Row | undefined)?.[node.name.value] : undefined;
    return inner !== undefined && (node.kind !== Kind.FIELD || !node.selectionSet || holds(inner, node.selectionSet));
  });

const agree = (one: unknown, other: unknown, { selections }: SelectionSetNode): boolean =>
  selections.every((node) => {
    if (node.kind !== Kind.FIELD) return false;
    const values = [one, other].map((value) => (value as Row | undefined)?.[node.name.value]);
    return node.selectionSet ? agree(values[0], values[1], node.selectionSet) : values[0] === values[1];
  });
