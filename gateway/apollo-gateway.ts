import type {
  GatewayExecutionResult,
  GatewayGraphQLRequestContext,
  GatewayInterface,
} from "@apollo/server-gateway-interface";
import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { createGateway, type GatewayOptions } from "./create-gateway.ts";
import type { GatewayContext } from "./gateway.ts";

/**
 * Makes this gateway usable behind an Apollo Server, for users with Apollo plugins to run: `new ApolloServer({ gateway: apolloGateway(options) })`. The
 * server's context must hold what a `GatewayContext` holds. Apollo Server parses, validates and formats by itself, which costs about as much as execution.
 * @throws Error when the document is not a supergraph, or requires something that this gateway cannot enforce
 */
export function apolloGateway(options: GatewayOptions): GatewayInterface {
  const gateway = createGateway(options);

  const executor = async (requestContext: GatewayGraphQLRequestContext): Promise<GatewayExecutionResult> => {
    const { operationName, variables } = requestContext.request;
    const { body } = await gateway.execute(
      { query: requestContext.source, operationName, variables },
      requestContext.context as GatewayContext,
    );
    const { errors, ...answer } = JSON.parse(body) as {
      data?: Record<string, unknown>;
      errors?: GraphQLFormattedError[];
    };
    return errors ? { ...answer, errors: errors.map(asGraphQLError) } : answer;
  };

  return {
    onSchemaLoadOrUpdate: (loaded) => {
      loaded({ apiSchema: gateway.apiSchema, coreSupergraphSdl: options.supergraphSdl });
      return () => undefined;
    },
    load: async () => ({ executor }),
    stop: () => gateway.stop(),
  };
}

const asGraphQLError = ({ message, path, extensions }: GraphQLFormattedError): GraphQLError =>
  new GraphQLError(message, { path: path ?? null, extensions: extensions ?? null });
