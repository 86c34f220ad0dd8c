import type { ExecutionResult, GraphQLError } from "graphql";
import type { FetchNode } from "@apollo/query-planner";
import type { Data, Variables } from "./data.ts";
import type { NumbersOf } from "./held-numbers.ts";

/** Sends one fetch of a plan to its subgraph. What it resolves to is an answer, errors included; it rejects when the gateway itself failed. */
export type CallSubgraph = (fetch: FetchNode, variables: Variables, numbersOf?: NumbersOf) => Promise<ExecutionResult>;

/** One execution of a compiled operation. */
export interface Run {
  readonly variables: Variables;
  readonly call: CallSubgraph;
  /** What came from subgraphs so far, as the plan's paths see it. */
  readonly data: Data;
  readonly errors: GraphQLError[];
}

/** A node of the plan, compiled. It never rejects for what a subgraph did: that is in `errors`. */
export type Step = (run: Run) => Promise<void>;
