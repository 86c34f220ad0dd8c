import { buildSubgraphSchema } from "@apollo/subgraph";
import {
  execute,
  type ExecutionResult,
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
  type SelectionSetNode,
} from "graphql";
import { picked, requirementsIn } from "./requirements.ts";

export type AskSubgraph = (query: string, variables: Readonly<Record<string, unknown>>) => Promise<ExecutionResult>;

/** Returns a number that depends only on the text. */
export function hashOf(text: string): number {
  let hash = 2_166_136_261;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 16_777_619);
  return (hash ^ (hash >>> 15)) >>> 0;
}

export interface Mocked {
  __typename: string;
  id: string;
  [given: string]: unknown;
}

/**
 * Returns a subgraph whose responses follow from the queries. The value of a field follows from the id of its object, its arguments and what its `@requires`
 * brought. So every subgraph returns the same for the same entity.
 */
export function mockSubgraph(sdl: string): AskSubgraph {
  const document = parse(sdl);
  const schema = buildSubgraphSchema(document);
  const requirements = requirementsIn(document);
  for (const type of Object.values(schema.getTypeMap())) {
    if (isAbstractType(type)) {
      type.resolveType = (value: unknown) => (value as Mocked).__typename;
      const possible = schema.getPossibleTypes(type).map(({ name }) => name);
      // A subgraph that defines the interface as an object (@interfaceObject) makes ids that do not contain the type.
      const typeOf = (id: string) =>
        possible.find((name) => id.startsWith(`${name}:`)) ?? possible[hashOf(id) % possible.length];
      // Faults make ids of any kind.
      const resolveReference = (reference: Readonly<Record<string, unknown>>) => ({
        ...reference,
        __typename: typeOf(String(reference["id"])),
      });
      type.extensions = { apollo: { subgraph: { resolveReference } } };
    } else if (isObjectType(type) && !type.name.startsWith("__")) {
      for (const field of Object.values(type.getFields())) {
        if (!field.name.startsWith("_"))
          field.resolve = resolverOf(schema, field.type, requirements.get(`${type.name}.${field.name}`));
      }
    }
  }
  return async (query, variables) =>
    execute({ schema, document: parse(query), variableValues: { ...variables }, contextValue: {} });
}

const resolverOf =
  (
    schema: GraphQLSchema,
    type: GraphQLOutputType,
    requires: SelectionSetNode | undefined,
  ): GraphQLFieldResolver<unknown, unknown> =>
  (source, args, _context, { fieldName }) => {
    const object = (source ?? root) as Mocked;
    if (fieldName in object) return object[fieldName];
    const required = requires ? picked(object, requires) : {};
    return valueOf(schema, type, seedOf(object.id, fieldName, args, required));
  };

const root: Mocked = { __typename: "Root", id: "Root:0" };

/** Returns the text from which the value of a field follows. */
const seedOf = (id: string, field: string, args: unknown, required: unknown): string =>
  [id, field, JSON.stringify(args), JSON.stringify(required)].join("/");

export function valueOf(schema: GraphQLSchema, type: GraphQLOutputType, seed: string): unknown {
  const hash = hashOf(seed);
  if (isNonNullType(type)) return valueOf(schema, type.ofType, seed) ?? valueOf(schema, type.ofType, `${seed}!`);
  if (hash % 11 === 0 && !seed.endsWith("!")) return null;
  if (isListType(type))
    return Array.from({ length: hash % 4 }, (_, index) => valueOf(schema, type.ofType, `${seed}/${index}`));
  if (isEnumType(type)) return type.getValues()[hash % type.getValues().length]?.value;
  if (isAbstractType(type) || isObjectType(type)) {
    // Sorts the types, so that their order is the same in each schema.
    const possible = (isAbstractType(type) ? [...schema.getPossibleTypes(type)] : [type]).sort((one, other) =>
      one.name < other.name ? -1 : 1,
    );
    const { name = "" } = possible[hash % possible.length] ?? {};
    return { __typename: name, id: `${name}:${(hash >>> 4) % 5}` };
  }
  if (type.name === "Int") return hash % 1_000;
  if (type.name === "Float") return (hash % 1_000) / 8;
  if (type.name === "Boolean") return hash % 2 === 0;
  if (type.name === "JSON") return { text: `"${hash}"`, list: [hash, null], constructor: { name: "own" } };
  return ["plain", 'with "quotes" and \\', "ü €  𝄞", "line\nbreak"][hash % 4] + String(hash % 10);
}
