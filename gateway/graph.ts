import { ApolloGateway, type GraphQLDataSource } from "@apollo/gateway";
import { ApolloServer } from "@apollo/server";
import { ApolloServerPluginLandingPageDisabled } from "@apollo/server/plugin/disabled";
import { ApolloServerErrorCode } from "@apollo/server/errors";
import { GraphQLError, type GraphQLFormattedError, parse } from "graphql";
import { type ErrorCode, errorCodes, PublicError } from "#lib/errors.ts";
import { log } from "#lib/log.ts";
import type { RequestContext } from "#lib/request-context.ts";
import { failedFields } from "./failed-fields.ts";
import { inParts } from "./in-parts.ts";
import type { Transport } from "./transport/transport.ts";

/** What the gateway knows of a request while it executes it. */
export interface GatewayContext extends RequestContext {
  signal: AbortSignal;
}

export interface GraphOptions {
  supergraphSdl: string;
  transport: Transport;
  introspection: boolean;
}

/** Plans and executes operations over the composed schema; calls to subgraphs go through the transport. */
export async function createGraph({
  supergraphSdl,
  transport,
  introspection,
}: GraphOptions): Promise<ApolloServer<GatewayContext>> {
  const gateway = new ApolloGateway({
    supergraphSdl,
    logger: quiet,
    buildService: ({ name }) => dataSource(name, transport),
    // A document of 1 KB with nested fragments would otherwise plan for seconds.
    queryPlannerConfig: { debug: { maxEvaluatedPlans: 1_000 } },
  });
  const server = new ApolloServer<GatewayContext>({
    gateway,
    introspection,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: !introspection,
    maxRecursiveSelections: 2_000,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    logger: quiet,
    formatError,
    plugins: [ApolloServerPluginLandingPageDisabled()],
  });
  await server.start();
  return server;
}

function dataSource(subgraph: string, transport: Transport): GraphQLDataSource<GatewayContext> {
  return {
    process: async ({ request: { query = "", variables = {} }, context }) => {
      // The gateway calls without a context once, at its start, when nothing may be asked of a subgraph.
      const { signal, ...call } = context as GatewayContext;
      try {
        const { data, errors } = await inParts(variables, (part) =>
          transport.send(subgraph, { query, variables: part }, call, signal),
        );
        return { data, errors };
      } catch (error) {
        if (!(error instanceof PublicError)) throw error;
        return { data: null, errors: failedFields(parse(query), variables, error) };
      }
    },
  };
}

/** Codes outside the closed list, subgraph addresses and stack traces never leave. */
function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const original = error instanceof GraphQLError ? error.originalError : error;
  if (original instanceof PublicError)
    return clean(formatted, original.message, { code: original.code, ...original.details });
  const code = formatted.extensions?.["code"];
  if (typeof code === "string" && code in errorCodes && code !== ("INTERNAL_SERVER_ERROR" satisfies ErrorCode)) {
    const { serviceName: _service, stacktrace: _stack, ...extensions } = formatted.extensions ?? {};
    return clean(formatted, formatted.message, extensions);
  }
  if (code === ApolloServerErrorCode.INTERNAL_SERVER_ERROR && formatted.extensions?.["requestId"]) {
    return clean(formatted, formatted.message, {
      code,
      requestId: formatted.extensions["requestId"],
    });
  }
  log.gateway.error({ err: error }, "an operation failed");
  return clean(formatted, "The service failed.", { code: "INTERNAL_SERVER_ERROR" });
}

const clean = (
  { locations, path }: GraphQLFormattedError,
  message: string,
  extensions: Record<string, unknown>,
): GraphQLFormattedError => ({
  message,
  ...(locations ? { locations } : {}),
  ...(path ? { path } : {}),
  extensions,
});

const quiet = {
  debug: (message?: unknown) => log.gateway.debug(message),
  info: (message?: unknown) => log.gateway.debug(message),
  warn: (message?: unknown) => log.gateway.warn(message),
  error: (message?: unknown) => log.gateway.error(message),
};
