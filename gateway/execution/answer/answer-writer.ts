import { type GraphQLSchema, Kind, type SelectionNode } from "graphql";
import { LRUCache } from "lru-cache";
import type { BooleanVariables } from "../boolean-variables.ts";
import type { Operation } from "../operation.ts";
import type { Data, Variables } from "../data.ts";
import { collectFields } from "./collect-fields.ts";
import { introspection, isIntrospection } from "./introspection.ts";
import type { Problem } from "./problems.ts";
import { fieldsWriter } from "./write-object.ts";

/** The `data` of an answer as JSON, and what was wrong with what subgraphs answered. */
export interface Answer {
  json: string;
  problems: { message: string; path: (string | number)[] }[];
}

export type AnswerWriter = (data: Data, variables: Variables) => Answer;

/** Each assignment of the variables in `@include` and `@skip` is compiled by itself; clients choose them, so there is an end to it. */
const keptAssignments = 8;

/** Compiles an operation into the writer of its answer. */
export function answerWriter(schema: GraphQLSchema, operation: Operation, booleans: BooleanVariables): AnswerWriter {
  const { names } = booleans;
  const readers = names.map((name) => booleans.reader(name));
  const compiled = new LRUCache<string, AnswerWriter>({ max: keptAssignments });
  return (data, variables) => {
    const values = readers.map((valueOf) => valueOf(variables));
    const assignment = values.map(Number).join("");
    let write = compiled.get(assignment);
    if (!write) {
      write = writerUnder(schema, operation, new Map(names.map((name, index) => [name, values[index] === true])));
      compiled.set(assignment, write);
    }
    return write(data, variables);
  };
}

function writerUnder(
  schema: GraphQLSchema,
  { definition, fragments }: Operation,
  booleans: ReadonlyMap<string, boolean>,
): AnswerWriter {
  const root = schema.getRootType(definition.operation);
  if (!root) throw new Error(`The schema has no ${definition.operation} type.`);
  const selected = { schema, fragments, included: (selection: SelectionNode) => isIncluded(selection, booleans) };
  const fields = collectFields(selected, [definition.selectionSet], {
    declared: root.name,
    typename: root.name,
  });
  const introspected = fields.filter(isIntrospection);
  const introspect = introspected.length > 0 ? introspection(schema, definition, fragments, introspected) : undefined;
  const write = fieldsWriter(selected, root, fields);
  return (data, variables) => {
    const problems: Problem[] = [];
    const json = write(introspect ? Object.assign(data, introspect(variables)) : data, problems) ?? "null";
    return {
      json,
      problems: problems.map(({ message, upwards }) => ({ message, path: upwards.toReversed() })),
    };
  };
}

function isIncluded({ directives = [] }: SelectionNode, booleans: ReadonlyMap<string, boolean>): boolean {
  for (const { name, arguments: given } of directives) {
    if (name.value !== "skip" && name.value !== "include") continue;
    const condition = given?.[0]?.value;
    const value =
      condition?.kind === Kind.VARIABLE
        ? booleans.get(condition.name.value)
        : condition?.kind === Kind.BOOLEAN && condition.value;
    if (value === (name.value === "skip")) return false;
  }
  return true;
}
