import type { FetchNode, QueryPlan } from "@apollo/query-planner";
import { type ExecutionResult, GraphQLError } from "graphql";
import { PublicError } from "#lib/errors.ts";
import type { Variables } from "#lib/graphql/variables.ts";
import { type Answer, answerWriter } from "./answer/answer-writer.ts";
import type { Aliases } from "../planning/aliases.ts";
import type { Data } from "./data.ts";
import type { LoadedSupergraph } from "./loaded-supergraph.ts";
import type { OperationToPlan } from "../planning/operation-to-plan.ts";
import { numbersOfFetch, type NumbersOf } from "./exact-numbers.ts";
import { fetchesByType } from "../planning/foreign-shapes/fetches-by-type.ts";
import { plannedFields } from "../planning/planned-fields.ts";
import { eventOf } from "./fetch-step.ts";
import { Failures } from "./failures.ts";
import { InvalidAnswer } from "./invalid-answer.ts";
import type { CallSubgraph, Run } from "./run.ts";
import { stepOf } from "./steps.ts";

type Path = readonly (string | number)[];

/** An operation with its plan and its compiled response writer. */
export interface CompiledOperation {
  plan: QueryPlan;
  execute(variables: Variables, call: CallSubgraph): Promise<Executed>;
  /** For a subscription: the fetch that subscribes to its subgraph. */
  subscriptionFetch?: FetchNode | undefined;
  /** Finds the numbers in its events whose digits must be kept. */
  numbersOf: NumbersOf;
  /** For a subscription: executes the rest of the operation for one event. */
  executeEvent(event: ExecutionResult, variables: Variables, call: CallSubgraph): Promise<Executed>;
}

export interface Executed {
  /** The `data` of the response. */
  json: string;
  /** Refused fields, failures in subgraphs, and values that do not fit the schema, each with its path in the response. */
  errors: readonly GraphQLError[];
}

/** Compiles an operation of a valid document by its plan. A refused field is not in the plan; the response has an error in its place. */
export function compileOperation(
  supergraph: Pick<LoadedSupergraph, "apiSchema" | "wholeSchema" | "fits" | "keys" | "planned">,
  planned: OperationToPlan,
  simplerPlan: QueryPlan,
): CompiledOperation {
  const { fits, wholeSchema } = supergraph;
  const { aliases, numbers } = planned;
  const plan = fetchesByType(numbers.inPlan(simplerPlan), planned.toPlan, {
    interfaceObjects: supergraph.planned.interfaceObjects,
    schema: wholeSchema,
  });
  const { node } = plan;
  const subscriptionFetch = node?.kind === "Subscription" ? node.primary : undefined;
  const step = stepOf(node?.kind === "Subscription" ? node.rest : node, [], supergraph);
  const take = subscriptionFetch && eventOf(subscriptionFetch, fits);
  const write = answerWriter(supergraph, planned, plannedFields(plan));
  const finish = async (run: Run): Promise<Executed> => {
    await step(run);
    run.failures.markUnfetched();
    const { json, problems, refusals, unfetched } = write(run.data, run.variables);
    const reported = aliases.areAsWritten ? run.errors : run.errors.map((error) => asWritten(error, aliases));
    const refused = refusals.map(({ refusal, path }) => failedField(refusal, path));
    const known = withoutRepetitions(reported);
    const failed = [...known, ...unfetchedFields(unfetched, [...refused, ...known])];
    if (problems.length === 0 && refused.length === 0) return { json, errors: failed };
    return { json, errors: [...refused, ...failed, ...unexplained(problems, failed, json).map(invalidField)] };
  };
  const numbersOf = memoized((fetch: FetchNode) => numbersOfFetch(wholeSchema, fetch));
  const begun = (variables: Variables, call: CallSubgraph): Run => ({
    variables,
    call: (fetch, given) => call(fetch, given, numbersOf(fetch)),
    data: Object.create(null) as Data,
    errors: [],
    failures: new Failures(),
  });
  return {
    plan,
    subscriptionFetch,
    numbersOf: subscriptionFetch ? numbersOf(subscriptionFetch) : () => "none",
    execute: (variables, call) => finish(begun(variables, call)),
    executeEvent: (event, variables, call) => {
      const run = begun(variables, call);
      take?.(run, event);
      return finish(run);
    },
  };
}

function memoized<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new WeakMap<Key, Value>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
}

function asWritten(error: GraphQLError, aliases: Aliases): GraphQLError {
  const { message, path, originalError, extensions } = error;
  return path ? new GraphQLError(message, { path: aliases.written(path), originalError, extensions }) : error;
}

/** Removes repeated errors: a field that several subgraphs were queried for fails once when the reason is the same. */
function withoutRepetitions(errors: readonly GraphQLError[]): readonly GraphQLError[] {
  if (errors.length < 2) return errors;
  const seen = new Set<string>();
  return errors.filter(({ path, message, extensions }) => {
    if (!path) return true;
    const text = JSON.stringify([path, message, extensions["code"]]);
    return !seen.has(text) && seen.add(text);
  });
}

const requirementFailed = new PublicError(
  "REQUIREMENT_FAILED",
  "A field of another part of the graph, from which this one is computed, failed.",
);

/**
 * Returns an error for each field that was not fetched and has none yet. Where another field made the same object null and has an error, there is none: by
 * GraphQL's rules the fields next to a failed one may be cancelled, and what this field requires may be missing because of that error alone.
 */
function unfetchedFields(unfetched: Answer["unfetched"], errors: readonly GraphQLError[]): GraphQLError[] {
  if (unfetched.length === 0) return [];
  const paths = errors.flatMap(({ path }) => (path ? [path] : []));
  const isKnown = (path: Path) => paths.some((at) => at.length === path.length && shared(at, path) === at.length);
  const isOfOther = ({ path, others }: Answer["unfetched"][number]) =>
    others.some((other) => paths.some((at) => isReason(at, other, shared(path, other))));
  return unfetched
    .filter((field) => !isKnown(field.path) && !isOfOther(field))
    .map(({ path }) => failedField(requirementFailed, path));
}

/** Returns whether an error is of a field, of something in it, or of what encloses it up to the object at a depth. */
const isReason = (error: Path, field: Path, depth: number): boolean =>
  error.length >= depth && shared(error, field) === Math.min(error.length, field.length);

/** Returns how many elements two paths have in common at their beginning. */
function shared(one: Path, other: Path): number {
  const difference = one.findIndex((element, index) => element !== other[index]);
  return difference < 0 ? one.length : difference;
}

const failedField = (error: PublicError, path: Path): GraphQLError =>
  new GraphQLError(error.message, {
    path,
    originalError: error,
    extensions: { code: error.code, ...error.details },
  });

/** Returns the problems that caused nulls which no other error explains. */
function unexplained(problems: Answer["problems"], errors: readonly GraphQLError[], json: string): Answer["problems"] {
  if (errors.length === 0) return problems;
  const data: unknown = JSON.parse(json);
  const explained = new Set(errors.map(({ path }) => path && nullAt(data, path)));
  return problems.filter(({ path }) => !explained.has(nullAt(data, path)));
}

/** Returns the part of a path that leads to a null, as text; undefined when it leads to none. */
function nullAt(data: unknown, path: Path): string | undefined {
  let value = data;
  for (let length = 0; length <= path.length && value !== undefined; length += 1) {
    if (value === null) return JSON.stringify(path.slice(0, length));
    value = typeof value === "object" ? (value as Record<string | number, unknown>)[path[length] ?? ""] : undefined;
  }
  return undefined;
}

const invalidField = ({ message, path }: Answer["problems"][number]): GraphQLError =>
  new GraphQLError(message, { path, originalError: new InvalidAnswer(message) });
