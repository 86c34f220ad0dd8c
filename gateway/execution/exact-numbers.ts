import type { FetchNode } from "@apollo/query-planner";
import {
  getNamedType,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
  Kind,
  parse,
  type SelectionSetNode,
} from "graphql";
import { type ExactNumbers, numbersIn } from "#lib/exact-json.ts";
import { fragmentsOf, keyOf } from "../operation.ts";
import { isData, reader } from "./data.ts";

/** Finds the numbers in the data of a response whose digits must be kept. */
export type NumbersOf = (data: unknown) => ExactNumbers;

/**
 * Returns the function that finds the numbers of a fetch whose digits must be kept: those of custom scalars and ids. An Int or a Float is a double for
 * every client. It reads nothing else, so a response without such numbers costs almost nothing. It is compiled at its first use: transports without text do
 * not use it.
 * @param schema of the whole supergraph, since plans name types that clients cannot see
 */
export function numbersOfFetch(schema: GraphQLSchema, { operation }: FetchNode): NumbersOf {
  let find: NumbersOf | undefined;
  return (data) => (find ??= compiled(schema, operation))(data);
}

function compiled(schema: GraphQLSchema, text: string): NumbersOf {
  const document = parse(text, { noLocation: true });
  const fragments = fragmentsOf(document);

  /** Collects the response keys that lead to such numbers, whatever the object's type is. */
  const collect = (set: SelectionSetNode, typeName: string, into: Map<string, NumbersOf[]>): void => {
    for (const selection of set.selections) {
      if (selection.kind !== Kind.FIELD) {
        const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
        if (fragment) collect(fragment.selectionSet, fragment.typeCondition?.name.value ?? typeName, into);
        continue;
      }
      const type = schema.getType(typeName);
      const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[selection.name.value] : undefined;
      const named = field && getNamedType(field.type);
      const find = selection.selectionSet
        ? inObjects(selection.selectionSet, named?.name ?? "")
        : selection.name.value === "__typename" || (named && isDouble(named))
          ? undefined
          : numbersIn;
      const key = keyOf(selection);
      if (find) into.set(key, [...(into.get(key) ?? []), find]);
    }
  };

  const inObjects = (set: SelectionSetNode, typeName: string): NumbersOf | undefined => {
    const keys = new Map<string, NumbersOf[]>();
    collect(set, typeName, keys);
    const finders = [...keys].flatMap(([key, found]) => found.map((find) => ({ read: reader(key), find })));
    if (finders.length === 0) return undefined;
    const inValue: NumbersOf = (value) => {
      if (Array.isArray(value)) return most(value, inValue);
      return isData(value) ? most(finders, ({ read, find }) => find(read(value))) : "none";
    };
    return inValue;
  };

  const [definition] = document.definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) return numbersIn;
  const root = schema.getRootType(definition.operation);
  return inObjects(definition.selectionSet, root?.name ?? "") ?? (() => "none");
}

function most<T>(values: readonly T[], find: (value: T) => ExactNumbers): ExactNumbers {
  let found: ExactNumbers = "none";
  for (const value of values) {
    const held = find(value);
    if (held === "any") return held;
    if (held !== "none") found = held;
  }
  return found;
}

const isDouble = (type: GraphQLNamedType): boolean =>
  isEnumType(type) || (isSpecifiedScalarType(type) && type.name !== "ID");
