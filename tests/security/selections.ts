import {
  getNamedType,
  getNullableType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from "graphql";
import type { LoadedSupergraph } from "#gateway/execution/loaded-supergraph.ts";
import { kinds } from "#tests/graph/kinds.ts";
import type { Fleet } from "#tests/graph/rows.ts";

type Field = GraphQLField<unknown, unknown>;

const shortestId = '"0197a000-ffff-7000-8000-000000000002"';

const scalarValues: Readonly<Record<string, string>> = {
  ID: shortestId,
  UUID: shortestId,
  Int: "1",
  Float: "1",
  Long: "1",
  Boolean: "true",
  DateTime: '"2026-03-01T00:00:00Z"',
  Duration: '"PT1H"',
  Decimal: '"1"',
  IPAddress: '"192.0.2.1"',
  JSON: "{}",
};

/** Returns the shortest value of a type, as GraphQL text. */
function shortest(type: GraphQLInputType): string {
  const nullable = getNullableType(type);
  if (isListType(nullable)) return isNonNullType(type) ? `[${shortest(nullable.ofType)}]` : "[]";
  if (isEnumType(nullable)) return nullable.getValues()[0]?.name ?? "null";
  if (!isInputObjectType(nullable)) return scalarValues[nullable.name] ?? '"a text"';
  const required = Object.values(nullable.getFields()).filter(isRequiredInputField);
  return `{ ${required.map(({ name, type: of }) => `${name}: ${shortest(of)}`).join(", ")} }`;
}

/** Returns a selection of one field with its required arguments, and of nothing but the type name below it. */
export function selectionOf({ name, args, type }: Field, below = "__typename"): string {
  const given = args
    .filter(isRequiredArgument)
    .map((arg) => `${arg.name}: ${arg.name === "to" ? '"2026-03-02T00:00:00Z"' : shortest(arg.type)}`);
  const text = given.length > 0 ? `(${given.join(", ")})` : "";
  return `${name}${text}${isCompositeType(getNamedType(type)) ? ` { ${below} }` : ""}`;
}

/** Returns the root fields that clients see, each with its coordinate and an operation that selects only that field. */
export function rootFields(schema: GraphQLSchema): { coordinate: string; operation: string }[] {
  const roots = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  };
  return Object.entries(roots).flatMap(([kind, root]) => {
    return Object.values(root?.getFields() ?? {}).map((field) => ({
      coordinate: `${root?.name}.${field.name}`,
      operation: `${kind} { ${selectionOf(field)} }`,
    }));
  });
}

export interface Way {
  /** Returns an operation with these selections of such an object. */
  ask(selections: string): string;
  /** The response path of the object. */
  path: readonly string[];
}

/** Returns the shortest way to an object of the fleet for every type that has one, preferring ways without a policy. */
export function waysTo({ apiSchema, accessRules }: LoadedSupergraph, fleet: Fleet): Map<GraphQLObjectType, Way> {
  const query = apiSchema.getQueryType();
  if (!query) throw new Error("The schema has no queries.");
  const ways = new Map<GraphQLObjectType, Way>([[query, { ask: (selections) => `{ ${selections} }`, path: [] }]]);
  const isForFew = (type: GraphQLObjectType, field: Field) =>
    accessRules
      .of({ parent: type.name, field: field.name, returned: getNamedType(field.type).name })
      .some(({ name }) => name.startsWith("@policy"));
  follow(ways, apiSchema, fleet, (type, field) => !isForFew(type, field));
  follow(ways, apiSchema, fleet, () => true);
  ways.delete(query);
  return ways;
}

function follow(
  ways: Map<GraphQLObjectType, Way>,
  schema: GraphQLSchema,
  fleet: Fleet,
  leads: (type: GraphQLObjectType, field: Field) => boolean,
): void {
  for (const [type, { ask, path }] of ways) {
    // A look-up by id reaches a row of the fleet; a list may begin with any row.
    const fields = Object.values(type.getFields()).sort((one, other) => Number(byId(other)) - Number(byId(one)));
    for (const field of fields.filter((each) => leads(type, each))) {
      const reached = getNamedType(field.type);
      const isList = isListType(getNullableType(field.type));
      const reach = (target: GraphQLObjectType, name: string, selected: (selections: string) => string) => {
        if (ways.has(target)) return;
        const kind = kinds.find((candidate) => candidate === name);
        ways.set(target, {
          ask: (selections) => {
            const text = selectionOf(field, selected(selections));
            return ask(byId(field) && kind ? text.replace(shortestId, `"${fleet.id(kind)}"`) : text);
          },
          path: [...path, field.name, ...(isList ? ["0"] : [])],
        });
      };
      if (isObjectType(reached)) reach(reached, field.name, (selections) => selections);
      // An object of each type behind the interface, where the field leads to it by its id.
      if (isAbstractType(reached) && byId(field))
        for (const each of schema.getPossibleTypes(reached))
          reach(each, uncapitalized(each.name), (selections) => `... on ${each.name} { ${selections} }`);
    }
  }
}

const uncapitalized = (name: string): string => `${name.charAt(0).toLowerCase()}${name.slice(1)}`;

const byId = ({ args }: Field): boolean => args.length === 1 && args[0]?.name === "id";
