import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import { ApolloServerPluginLandingPageDisabled } from "@apollo/server/plugin/disabled";
import { ApolloServerErrorCode } from "@apollo/server/errors";
import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { type ErrorCode, errorCodes, PublicError } from "#lib/errors.ts";
import { log } from "#lib/log.ts";
import { messageWithoutValue } from "#lib/messages-without-values.ts";
import type { RequestContext } from "#lib/request-context.ts";
import type { Policies } from "./authorization/requirement.ts";
import type { RecordDenials } from "./authentication/denials.ts";
import { callsOver } from "./execution/call-subgraph.ts";
import { compiledGateway } from "./execution/compiled-gateway.ts";
import { bodyOf } from "./execution/written-answer.ts";
import type { Transport } from "./transport/transport.ts";

/** What the gateway knows of a request while it executes it. */
export interface GatewayContext extends RequestContext {
  signal: AbortSignal;
}

export interface GraphOptions {
  supergraphSdl: string;
  transport: Transport;
  introspection: boolean;
  /** What the names in the supergraph's `@policy` mean; one that is missing here stops the start. */
  policies?: Policies;
  /** Is told the permissions and policies for whose lack fields were refused. */
  onDenied?: RecordDenials;
}

/** Plans and executes operations over the composed schema; calls to subgraphs go through the transport. */
export async function createGraph({
  supergraphSdl,
  transport,
  introspection,
  policies = {},
  onDenied,
}: GraphOptions): Promise<ApolloServer<GatewayContext>> {
  const gateway = compiledGateway(supergraphSdl, policies, (context) => {
    const { signal, ...call } = context as GatewayContext;
    return { identity: call.identity, call: callsOver(transport, call, signal) };
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
    stringifyResult: bodyOf,
    plugins: [ApolloServerPluginLandingPageDisabled(), ...(onDenied ? [tellDenials(onDenied)] : [])],
  });
  await server.start();
  return server;
}

const tellDenials = (onDenied: RecordDenials): ApolloServerPlugin<GatewayContext> => ({
  requestDidStart: async () => ({
    willSendResponse: async ({ response: { body }, contextValue }) => {
      const errors = body.kind === "single" ? (body.singleResult.errors ?? []) : [];
      const missing = errors.flatMap(({ extensions }) => {
        const name = extensions?.["permission"] ?? extensions?.["policy"];
        return extensions?.["code"] === "FORBIDDEN" && typeof name === "string" ? name : [];
      });
      if (missing.length > 0) onDenied(contextValue, missing);
    },
  }),
});

/** Codes outside the closed list, subgraph addresses and stack traces never leave. */
function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const original = error instanceof GraphQLError ? error.originalError : error;
  if (original instanceof PublicError)
    return clean(formatted, original.message, { code: original.code, ...original.details });
  const code = formatted.extensions?.["code"];
  if (typeof code === "string" && code in errorCodes && code !== ("INTERNAL_SERVER_ERROR" satisfies ErrorCode)) {
    const { serviceName: _service, stacktrace: _stack, ...extensions } = formatted.extensions ?? {};
    // What the engine itself refuses in a variable, it names in its message alone.
    const variable = code === "BAD_USER_INPUT" ? /^Variable "(\$\w+)"/.exec(formatted.message)?.[1] : undefined;
    const message = error instanceof GraphQLError ? messageWithoutValue(error) : formatted.message;
    return clean(formatted, message, { ...(variable ? { argument: variable } : {}), ...extensions });
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
