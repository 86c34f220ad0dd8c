import type { FetchNode } from "@apollo/query-planner";
import type { ExecutionResult, GraphQLError } from "graphql";
import type { Variables } from "#lib/graphql/variables.ts";
import type { NumbersOf } from "./exact-numbers.ts";
import { moved } from "./split-call.ts";
import type { CallSubgraph } from "./run.ts";

interface Waiting {
  representations: readonly unknown[];
  resolve(answer: ExecutionResult): void;
  reject(error: unknown): void;
}

/**
 * Combines the calls of several executions of one operation with the same variables, which differ in their events alone. The entities that they request
 * from a subgraph in the same tick are requested in one call.
 */
export function batchedCalls(call: CallSubgraph): CallSubgraph {
  const gathering = new Map<FetchNode, Waiting[]>();
  const send = async (fetch: FetchNode, variables: Variables, numbersOf: NumbersOf | undefined): Promise<void> => {
    const waiting = gathering.get(fetch) ?? [];
    gathering.delete(fetch);
    try {
      const representations = waiting.flatMap((each) => each.representations);
      distribute(waiting, await call(fetch, { ...variables, representations }, numbersOf));
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  };
  return (fetch, variables, numbersOf) => {
    const { representations } = variables;
    if (!Array.isArray(representations)) return call(fetch, variables, numbersOf);
    return new Promise((resolve, reject) => {
      const mine: Waiting = { representations, resolve, reject };
      const others = gathering.get(fetch);
      if (others) {
        others.push(mine);
        return;
      }
      gathering.set(fetch, [mine]);
      // This runs after everything that can still run in this tick.
      process.nextTick(() => void send(fetch, variables, numbersOf));
    });
  };
}

/** Gives each execution its entities, the errors of these entities, and the errors of the call as a whole. */
function distribute(waiting: readonly Waiting[], { data, errors = [] }: ExecutionResult): void {
  const entities: unknown = data?.["_entities"];
  let offset = 0;
  for (const { representations, resolve } of waiting) {
    const end = offset + representations.length;
    const own = errors.flatMap((error) => errorWithin(error, offset, end));
    resolve({
      ...(data ? { data: { _entities: Array.isArray(entities) ? entities.slice(offset, end) : entities } } : { data }),
      ...(own.length > 0 ? { errors: own } : {}),
    });
    offset = end;
  }
}

function errorWithin(error: GraphQLError, from: number, to: number): GraphQLError[] {
  const [first, index] = error.path ?? [];
  if (first !== "_entities" || typeof index !== "number") return [error];
  return from <= index && index < to ? [moved(error, -from)] : [];
}
