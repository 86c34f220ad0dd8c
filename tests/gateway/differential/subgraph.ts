import { buildSubgraphSchema } from "@apollo/subgraph";
import {
  type DocumentNode,
  execute,
  type ExecutionResult,
  type GraphQLSchema,
  isAbstractType,
  isObjectType,
  Kind,
  parse,
  responsePathAsArray,
  type SelectionSetNode,
} from "graphql";
import type { Path } from "../both-executors.ts";
import { fieldSet, picked } from "../requirements.ts";
import {
  directivesOnTypes,
  isThing,
  root,
  type SubgraphSchema,
  textArgument,
  type Thing,
  type Trouble,
  type World,
} from "./world.ts";

/** A thing as a subgraph sees it. */
interface Known {
  __typename: string;
  thing: Thing;
  /** The representation that it was found by. */
  given: Readonly<Record<string, unknown>>;
}

/** A field of one thing, with its arguments. */
export interface ThingField {
  thing: Thing;
  field: string;
  args: object;
}

/** Receives what a subgraph does for one call. */
export interface Observer {
  /** @param given what the subgraph received of the fields that this one requires */
  resolved(path: Path, of: ThingField, computed: { value: unknown; given: unknown }): void;
  /** Nothing was found by a representation. */
  notFound(reference: Readonly<Record<string, unknown>>): void;
}

export interface Troubled {
  trouble: Trouble;
  seed: number;
  observer?: Observer;
}

export type AskSubgraph = (
  query: string,
  variables: Readonly<Record<string, unknown>>,
  troubled?: Troubled,
) => Promise<ExecutionResult>;

export const subgraphSchema = (document: DocumentNode): SubgraphSchema => ({
  document,
  schema: buildSubgraphSchema(document),
});

/**
 * Returns a subgraph that answers from the world, and finds entities by any of their keys that it has.
 * @param foreign the fields that other subgraphs resolve, `@external` or overridden by `@override`: a query for them here gets an error
 */
export function subgraphOver(
  world: World,
  { document, schema }: SubgraphSchema,
  foreign: ReadonlySet<string>,
): AskSubgraph {
  const keys = new Map<string, SelectionSetNode[]>();
  for (const [type, directive] of directivesOnTypes(document, "key")) {
    const resolvable = directive.arguments?.find(({ name }) => name.value === "resolvable")?.value;
    // An entity is not found by an unresolvable key: a gateway that refers to it anyway gets null.
    if (resolvable?.kind === Kind.BOOLEAN && !resolvable.value) continue;
    keys.set(type, [...(keys.get(type) ?? []), fieldSet(textArgument(directive, "fields"))]);
  }
  const nameHere = namesIn(world, schema);
  const known = (value: unknown, given = {}): unknown => {
    if (Array.isArray(value)) return value.map((item) => known(item));
    return isThing(value) ? ({ __typename: nameHere(value.type), thing: value, given } satisfies Known) : value;
  };

  const resolveReference = (reference: Readonly<Record<string, unknown>>, { observer }: Troubled) => {
    const type = String(reference["__typename"]);
    const thing = world
      .thingsOf(type)
      .find((each) => keys.get(type)?.some((key) => matches(world.read(each, key), picked(reference, key))));
    if (!thing) observer?.notFound(reference);
    return thing ? known(thing, reference) : null;
  };

  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith("_")) continue;
    if (isAbstractType(type)) type.resolveType = (value: unknown) => (value as Known).__typename;
    if (isAbstractType(type) || isObjectType(type)) type.extensions = { apollo: { subgraph: { resolveReference } } };
    if (isObjectType(type)) {
      for (const field of Object.values(type.getFields())) {
        if (field.name.startsWith("_")) continue;
        field.resolve = (source: Known | undefined, args, troubled: Troubled, { path }) => {
          if (foreign.has(`${type.name}.${field.name}`))
            throw new Error(`${type.name}.${field.name} is resolved by other subgraphs.`);
          const thing = source?.thing ?? root(type);
          const needs = world.requirements.get(`${type.name}.${field.name}`);
          const given = needs && picked(source?.given ?? {}, needs);
          const value = world.valueOf(thing, field.name, { args: args as object, ...troubled, given });
          const of = { thing, field: field.name, args: args as object };
          troubled.observer?.resolved(responsePathAsArray(path), of, { value, given });
          return known(value);
        };
      }
    }
  }
  return async (query, variables, troubled = { trouble: "none", seed: 0 }) =>
    execute({ schema, document: parse(query), variableValues: { ...variables }, contextValue: troubled });
}

/** Returns the subgraph's name for an object type: it may define only an interface of the type. */
const namesIn = (world: World, schema: GraphQLSchema) => {
  const names = new Map<string, string>();
  return (type: string): string => {
    let name = names.get(type);
    if (name === undefined) {
      const whole = world.schema.getType(type);
      const interfaces = isObjectType(whole) ? whole.getInterfaces().map((each) => each.name) : [];
      name = [type, ...interfaces].find((each) => isObjectType(schema.getType(each))) ?? type;
      names.set(type, name);
    }
    return name;
  };
};

/** Returns whether a representation has the same values. A custom scalar or an ID may have turned numbers into texts. */
function matches(held: unknown, given: unknown): boolean {
  if (typeof held !== "object" || held === null || typeof given !== "object" || given === null)
    return (
      held !== null && held !== undefined && given !== null && given !== undefined && String(held) === String(given)
    );
  return Object.entries(held).every(([key, value]) => matches(value, (given as Record<string, unknown>)[key]));
}
