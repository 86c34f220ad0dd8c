import { type ExecutionResult, graphql, type GraphQLSchema } from "graphql";
import { type SubgraphName, subgraphNames, subgraphSchema } from "./graph.ts";

const schemas = new Map<SubgraphName, GraphQLSchema>(subgraphNames.map((name) => [name, subgraphSchema(name)]));

/** Returns the real response of a subgraph. The caller caches it. */
export async function answerOf(
  name: SubgraphName,
  request: { query: string; variables?: Readonly<Record<string, unknown>> | undefined },
): Promise<ExecutionResult> {
  const schema = schemas.get(name);
  if (!schema) throw new Error(`There is no subgraph ${name}.`);
  const answer = await graphql({ schema, source: request.query, variableValues: request.variables ?? {} });
  if (answer.errors) throw new Error(`${name} failed: ${answer.errors.join("; ")}`);
  return answer;
}
