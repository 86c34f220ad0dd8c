import type { QueryPlan } from "@apollo/query-planner";
import { getVariableValues, GraphQLError } from "graphql";
import { allowedOperation } from "../authorization/allowed-operation.ts";
import { noRefusals, type Refusals } from "../authorization/operation-access.ts";
import { type Answer, answerWriter } from "./answer/answer-writer.ts";
import { booleanVariables } from "./boolean-variables.ts";
import type { Data, Variables } from "./data.ts";
import type { LoadedSupergraph } from "./loaded-supergraph.ts";
import type { Operation } from "../operation.ts";
import type { CallSubgraph, Run } from "./run.ts";
import { stepOf } from "./steps.ts";

/** An operation whose plan and whose answer's shape are compiled. */
export interface CompiledOperation {
  plan: QueryPlan;
  /** @returns GraphQLErrors of the variables that do not fit the operation */
  check(variables: Variables): readonly GraphQLError[];
  execute(variables: Variables, call: CallSubgraph): Promise<Executed>;
}

export interface Executed {
  /** The `data` of the answer. */
  json: string;
  /** What was wrong with what subgraphs answered. */
  problems: Answer["problems"];
  /** What was refused, and what failed in subgraphs, each with its path in the answer. */
  errors: readonly GraphQLError[];
}

/** Compiles an operation of a valid document by its plan. What is refused is not in the plan; the answer says so in its place. */
export function compileOperation(
  supergraph: Pick<LoadedSupergraph, "apiSchema" | "fits">,
  operation: Operation,
  plan: QueryPlan,
  { fields: refused }: Refusals = noRefusals,
): CompiledOperation {
  if (plan.node?.kind === "Subscription") throw new Error("Subscriptions are not executed.");
  const booleans = booleanVariables(operation);
  const step = stepOf(plan.node, [], { fits: supergraph.fits, booleans });
  const write = answerWriter(supergraph.apiSchema, operation, { booleans, refused });
  const { variableDefinitions = [] } = operation.definition;
  return {
    plan,
    check: (variables) =>
      getVariableValues(supergraph.apiSchema, variableDefinitions, variables).errors ?? booleans.refused(variables),
    execute: async (variables, call) => {
      const run: Run = { variables, call, data: Object.create(null) as Data, errors: [] };
      await step(run);
      const { json, problems, refusals } = write(run.data, variables);
      return {
        json,
        problems,
        errors: refusals.length > 0 ? [...refusals.map(refusedField), ...run.errors] : run.errors,
      };
    },
  };
}

/** What of an operation is planned: all that is not refused. */
export const operationToPlan = (operation: Operation, { fields }: Refusals): Operation =>
  fields.size > 0 ? allowedOperation(operation, fields) : operation;

const refusedField = ({ refusal, path }: Answer["refusals"][number]): GraphQLError =>
  new GraphQLError(refusal.message, {
    path,
    originalError: refusal,
    extensions: { code: refusal.code, ...refusal.details },
  });
