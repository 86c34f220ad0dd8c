import type {
  GatewayExecutionResult,
  GatewayGraphQLRequestContext,
  GatewayInterface,
} from "@apollo/server-gateway-interface";
import { GraphQLError } from "graphql";
import type { Identity } from "#lib/request-context.ts";
import type { Policies } from "../authorization/requirement.ts";
import type { Variables } from "./data.ts";
import { loadSupergraph } from "./loaded-supergraph.ts";
import { operationCache } from "./operation-cache.ts";
import type { CallSubgraph } from "./run.ts";
import { WrittenData } from "./written-answer.ts";

/** Who asks, and how the request reaches subgraphs. */
export interface Caller {
  identity: Identity;
  call: CallSubgraph;
}

/**
 * The engine behind Apollo Server: it plans with Apollo's planner and executes what it has compiled. The `data` of its answers is `WrittenData`.
 * @throws Error when it could not enforce what the supergraph requires of callers
 */
export function compiledGateway(
  supergraphSdl: string,
  policies: Policies,
  callerOf: (context: GatewayGraphQLRequestContext["context"]) => Caller,
): GatewayInterface {
  const supergraph = loadSupergraph(supergraphSdl, policies);
  const operations = operationCache(supergraph);

  const execute = async (request: GatewayGraphQLRequestContext): Promise<GatewayExecutionResult> => {
    const { operationName, variables = {} } = request.request;
    const { identity, call } = callerOf(request.context);
    const operation = operations(request.document, request.queryHash, operationName, identity);
    if (!operation) return { errors: [unknownOperation(operationName)] };
    const refused = operation.check(variables);
    if (refused.length > 0) return { errors: refused };
    const { json, problems, errors } = await operation.execute(variables as Variables, call);
    const data = new WrittenData(json) as unknown as Record<string, unknown>;
    if (errors.length > 0) return { data, errors };
    return problems.length > 0 ? { data, extensions: { valueCompletion: problems } } : { data };
  };

  return {
    onSchemaLoadOrUpdate: (loaded) => {
      loaded({ apiSchema: supergraph.apiSchema, coreSupergraphSdl: supergraph.sdl });
      return () => undefined;
    },
    load: async () => ({ executor: execute }),
    stop: async () => undefined,
  };
}

const unknownOperation = (name: string | undefined): GraphQLError =>
  new GraphQLError(
    name ? `Unknown operation named "${name}".` : "Must provide operation name if query contains multiple operations.",
  );
