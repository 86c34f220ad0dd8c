import type { ExecutionResult, GraphQLError } from "graphql";
import type { FetchNode } from "@apollo/query-planner";
import type { Variables } from "#lib/graphql/variables.ts";
import type { Data } from "./data.ts";
import type { Failures } from "./failures.ts";
import type { NumbersOf } from "./exact-numbers.ts";

/** Sends one fetch of a plan to its subgraph. Resolves with the response, errors included; rejects when the gateway itself failed. */
export type CallSubgraph = (fetch: FetchNode, variables: Variables, numbersOf?: NumbersOf) => Promise<ExecutionResult>;

/** One execution of a compiled operation. */
export interface Run {
  readonly variables: Variables;
  readonly call: CallSubgraph;
  /** The merged data of subgraphs so far, in the structure of the plan's paths. */
  readonly data: Data;
  readonly errors: GraphQLError[];
  readonly failures: Failures;
}

/** A compiled node of the plan. It never rejects because of a subgraph: such failures are in `errors`. */
export type Step = (run: Run) => Promise<void>;
