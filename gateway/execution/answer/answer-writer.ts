import { type FieldNode, type GraphQLSchema, Kind, type SelectionNode } from "graphql";
import { LRUCache } from "lru-cache";
import type { PublicError } from "#lib/errors.ts";
import type { BooleanVariables } from "../boolean-variables.ts";
import { isIntrospection, type Operation } from "../../operation.ts";
import type { Data, Variables } from "../data.ts";
import { collectFields, type Selected } from "./collect-fields.ts";
import { introspection } from "./introspection.ts";
import type { Problem } from "./problems.ts";
import { fieldsWriter } from "./write-object.ts";

/** The `data` of an answer as JSON, what was wrong with what subgraphs answered, and what was not asked for. */
export interface Answer {
  json: string;
  problems: { message: string; path: (string | number)[] }[];
  refusals: { refusal: PublicError; path: (string | number)[] }[];
}

export type AnswerWriter = (data: Data, variables: Variables) => Answer;

/** Each assignment of the variables in `@include` and `@skip` is compiled by itself; clients choose them, so there is an end to it. */
const keptAssignments = 8;

/**
 * Compiles an operation into the writer of its answer.
 * @param refused fields that are not asked for: null, by a refusal at their place
 */
export function answerWriter(
  schema: GraphQLSchema,
  operation: Operation,
  { booleans, refused }: { booleans: BooleanVariables; refused: ReadonlyMap<FieldNode, PublicError> },
): AnswerWriter {
  const { names } = booleans;
  const readers = names.map((name) => booleans.reader(name));
  const compiled = new LRUCache<string, AnswerWriter>({ max: keptAssignments });
  return (data, variables) => {
    const values = readers.map((valueOf) => valueOf(variables));
    const assignment = values.map(Number).join("");
    let write = compiled.get(assignment);
    if (!write) {
      const assigned = new Map(names.map((name, index) => [name, values[index] === true]));
      write = writerUnder(operation, {
        schema,
        fragments: operation.fragments,
        included: (selection) => isIncluded(selection, assigned),
        refused,
      });
      compiled.set(assignment, write);
    }
    return write(data, variables);
  };
}

function writerUnder({ definition, fragments }: Operation, selected: Selected): AnswerWriter {
  const { schema } = selected;
  const root = schema.getRootType(definition.operation);
  if (!root) throw new Error(`The schema has no ${definition.operation} type.`);
  const fields = collectFields(selected, [definition.selectionSet], {
    declared: root.name,
    typename: root.name,
  });
  const introspected = fields.filter(({ name }) => isIntrospection(name));
  const introspect = introspected.length > 0 ? introspection(schema, definition, fragments, introspected) : undefined;
  const write = fieldsWriter(selected, root, fields);
  return (data, variables) => {
    const problems: Problem[] = [];
    const json = write(introspect ? Object.assign(data, introspect(variables)) : data, problems) ?? "null";
    const answer: Answer = { json, problems: [], refusals: [] };
    for (const { message, refusal, upwards } of problems) {
      const path = upwards.toReversed();
      if (refusal) answer.refusals.push({ refusal, path });
      else answer.problems.push({ message, path });
    }
    return answer;
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
