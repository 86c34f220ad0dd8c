import {
  execute,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  parse,
  type SelectionSetNode,
} from "graphql";
import { getArgumentValues } from "graphql/execution/values.js";
import type { GeneratedOperation } from "./documents.ts";
import { type Mocked, root, seedOf, valueOf } from "./mock-subgraph.ts";
import { requirementsIn } from "./requirements.ts";
import type { MockSupergraph } from "./mock-supergraphs.ts";

/**
 * The answers of a supergraph's mocked subgraphs as if they were one service that nobody had divided: what a federation has to answer, by whatever
 * plan. Its schema is what clients see.
 */
export function wholeGraph(schema: GraphQLSchema, { schemas }: MockSupergraph) {
  const requirements = requirementsIn(...Object.values(schemas));

  const valueAt = (object: Mocked, type: GraphQLObjectType, name: string, args: object): unknown => {
    if (name in object) return object[name];
    const field = type.getFields()[name];
    if (!field) throw new Error(`There is no ${type.name}.${name}.`);
    const requires = requirements.get(`${type.name}.${name}`);
    return valueOf(schema, field.type, seedOf(object.id, name, args, requires ? read(object, requires) : {}));
  };

  /** What a selection of `@requires` reads of an object, with its arguments. */
  const read = (value: unknown, { selections }: SelectionSetNode): unknown => {
    if (Array.isArray(value)) return value.map((item) => read(item, { kind: Kind.SELECTION_SET, selections }));
    if (value === null || typeof value !== "object") return value;
    const object = value as Mocked;
    const type = schema.getType(object.__typename) as GraphQLObjectType;
    return Object.fromEntries(
      selections.map((node) => {
        const field = node.kind === Kind.FIELD ? type.getFields()[node.name.value] : undefined;
        if (node.kind !== Kind.FIELD || !field) throw new Error("A requirement of this kind is not read here.");
        const inner = valueAt(object, type, field.name, getArgumentValues(field, node));
        return [field.name, node.selectionSet ? read(inner, node.selectionSet) : inner];
      }),
    );
  };

  const resolve: GraphQLFieldResolver<unknown, unknown> = (source, args, _context, { parentType, fieldName }) =>
    valueAt((source ?? root) as Mocked, parentType, fieldName, args as object);
  for (const type of Object.values(schema.getTypeMap())) {
    if (isAbstractType(type)) type.resolveType = (value: unknown) => (value as Mocked).__typename;
  }
  return ({ query, variables }: GeneratedOperation) =>
    execute({ schema, document: parse(query), variableValues: variables, fieldResolver: resolve });
}
