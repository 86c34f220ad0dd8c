import type { SelectionNode } from "graphql";
import type { PublicError } from "#lib/errors.ts";
import type { Variables } from "#lib/graphql/variables.ts";
import { isIncluded, isIntrospection } from "../../operation.ts";
import type { OperationToPlan } from "../../planning/operation-to-plan.ts";
import type { PlannedFields } from "../../planning/planned-fields.ts";
import type { Data } from "../data.ts";
import type { LoadedSupergraph } from "../loaded-supergraph.ts";
import { collectFields, type Selected } from "./collect-fields.ts";
import { introspection } from "./introspection.ts";
import type { Problem } from "./problems.ts";
import { fieldsWriter } from "./write-object.ts";

/** The `data` of a response as JSON, the reasons for nulls that subgraphs did not return, and the fields that were not requested. */
export interface Answer {
  json: string;
  problems: { message: string; path: Path }[];
  refusals: { refusal: PublicError; path: Path }[];
  /**
   * The fields that were not fetched because something that they require failed. `others` are the paths of the fields that made the same object null for reasons
   * of their own.
   */
  unfetched: { path: Path; others: Path[] }[];
}

type Path = readonly (string | number)[];

export type AnswerWriter = (data: Data, variables: Variables) => Answer;

/** Compiles an operation, for known values of its `@include` and `@skip`, into the writer of its response. */
export function answerWriter(
  { apiSchema: schema, fits }: Pick<LoadedSupergraph, "apiSchema" | "fits">,
  {
    written: { definition, fragments },
    booleans,
    refused,
    aliases,
  }: Pick<OperationToPlan, "written" | "booleans" | "refused" | "aliases">,
  planned: PlannedFields,
): AnswerWriter {
  const included = (selection: SelectionNode) => isIncluded(selection, booleans);
  const selected: Selected = { schema, fits, fragments, included, refused, aliases };
  const root = schema.getRootType(definition.operation);
  if (!root) throw new Error(`The schema has no ${definition.operation} type.`);
  const { fields } = collectFields(selected, [definition.selectionSet], root);
  const introspected = fields.filter(({ name }) => isIntrospection(name));
  const introspect = introspected.length > 0 ? introspection(schema, definition, fragments, introspected) : undefined;
  const write = fieldsWriter(selected, root, { fields, planned });
  return (data, variables) => {
    const problems: Problem[] = [];
    const json = write(introspect ? Object.assign(data, introspect(variables)) : data, problems) ?? "null";
    const answer: Answer = { json, problems: [], refusals: [], unfetched: [] };
    for (const { message, refusal, isUnfetched, others = [], upwards } of problems) {
      const path = upwards.toReversed();
      if (refusal) answer.refusals.push({ refusal, path });
      else if (isUnfetched) answer.unfetched.push({ path, others: others.map((other) => other.upwards.toReversed()) });
      else answer.problems.push({ message, path });
    }
    return answer;
  };
}
