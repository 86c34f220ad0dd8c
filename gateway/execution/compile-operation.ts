import { operationFromDocument } from "@apollo/federation-internals";
import type { QueryPlan } from "@apollo/query-planner";
import { type DocumentNode, getVariableValues, type GraphQLError, Kind } from "graphql";
import { type Answer, answerWriter } from "./answer/answer-writer.ts";
import { booleanVariables } from "./boolean-variables.ts";
import type { Data, Variables } from "./data.ts";
import type { LoadedSupergraph } from "./loaded-supergraph.ts";
import { operationOf } from "./operation.ts";
import type { CallSubgraph, Run } from "./run.ts";
import { stepOf } from "./steps.ts";

/** An operation whose plan and whose answer's shape are compiled. */
export interface CompiledOperation {
  plan: QueryPlan;
  /** @returns GraphQLErrors of the variables that do not fit the operation */
  check(variables: Variables): readonly GraphQLError[];
  execute(variables: Variables, call: CallSubgraph): Promise<Executed>;
}

export interface Executed extends Answer {
  /** What failed in subgraphs, each with its path in the answer. */
  errors: readonly GraphQLError[];
}

/**
 * Plans and compiles an operation of a valid document.
 * @returns undefined when the document has no operation of that name, or several and no name was given
 */
export function compileOperation(
  supergraph: LoadedSupergraph,
  document: DocumentNode,
  operationName: string | undefined,
): CompiledOperation | undefined {
  const operation = operationOf(document, operationName);
  if (!operation) return undefined;
  const { definition } = operation;
  const planned = operationFromDocument(
    supergraph.plannedSchema,
    { kind: Kind.DOCUMENT, definitions: [definition, ...operation.fragments.values()] },
    { validate: false },
  );
  const plan = supergraph.planner.buildQueryPlan(planned);
  if (plan.node?.kind === "Subscription") throw new Error("Subscriptions are not executed.");
  const booleans = booleanVariables(operation);
  const step = stepOf(plan.node, [], { fits: supergraph.fits, booleans });
  const write = answerWriter(supergraph.apiSchema, operation, booleans);
  const { variableDefinitions = [] } = definition;
  return {
    plan,
    check: (variables) =>
      getVariableValues(supergraph.apiSchema, variableDefinitions, variables).errors ?? booleans.refused(variables),
    execute: async (variables, call) => {
      const run: Run = { variables, call, data: Object.create(null) as Data, errors: [] };
      await step(run);
      return { ...write(run.data, variables), errors: run.errors };
    },
  };
}
