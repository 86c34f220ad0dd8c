import type { ExecutionResult, GraphQLFormattedError } from "graphql";
import { guarded } from "#gateway/transport/guarded.ts";
import { overHttp } from "#gateway/transport/http.ts";
import { inProcess } from "#gateway/transport/in-process.ts";
import type { Transport } from "#gateway/transport/transport.ts";
import { type ErrorCode, errorCodes, PublicError } from "#lib/errors.ts";
import { log } from "#lib/observability/log.ts";
import { ConfigurationError } from "#lib/process/configuration-error.ts";
import type { ServiceCallContext, ServiceCalls, ServiceRequest } from "#lib/subgraph/service-calls.ts";
import type { Subgraph } from "#lib/subgraph/subgraph.ts";
import { type CallSigner, callSigner, type Issuer } from "#lib/trust/call-keys.ts";
import { readKeyring } from "#lib/trust/keyring.ts";
import { followKeyring } from "#lib/trust/live-keys.ts";
import { calleesOf } from "./keys/issuers.ts";

/** The longest time of one call: a subgraph that does not respond by then is called again by the caller's own policy. */
const callTimeoutMs = 5_000;

/** Returns the calls of a service to subgraphs of this process. */
export const callsInProcess = (service: Issuer, subgraphs: readonly Subgraph[]): ServiceCalls =>
  serviceCalls(service, inProcess(subgraphs));

/** Returns the calls of a service to subgraphs in other processes. */
export const callsOverHttp = (signer: CallSigner, urls: Readonly<Record<string, string>>): ServiceCalls =>
  serviceCalls(signer.issuer, overHttp(urls, signer));

/** Returns the calls of a service, with the guards that the calls of the gateway have: a subgraph that is dead or hangs costs a bounded time. */
function serviceCalls(service: Issuer, direct: Transport): ServiceCalls {
  const transport = guarded(direct, { callTimeoutMs });
  return {
    call: async <Data>(
      subgraph: string,
      { query, variables, shape }: ServiceRequest<Data>,
      { tenantId, requestId, deadline, signal, onBehalfOf, operationId }: ServiceCallContext,
    ): Promise<Data> => {
      const operation = /^\s*mutation\b/.test(query) ? "mutation" : "query";
      const identity = { kind: "service" as const, id: service, tenantId, permissions: [] };
      const context = { identity, requestId, deadline, onBehalfOf, operationId };
      const response = await transport.send(subgraph, { query, variables, operation }, context, signal);
      const [error] = response.errors ?? [];
      if (error) throw publicErrorOf(error, subgraph, requestId);
      return dataOf(response, shape, subgraph, requestId);
    },
    close: () => transport.close(),
  };
}

const noUsableResponse = (subgraph: string): PublicError =>
  new PublicError("SUBGRAPH_UNAVAILABLE", `The ${subgraph} part of the graph did not answer.`, { subgraph });

/** Returns an error of a response as its callee has thrown it. One without a known code concerns the call and no user. */
function publicErrorOf({ message, extensions }: GraphQLFormattedError, subgraph: string, requestId: string): Error {
  const { code, ...details } = extensions ?? {};
  if (isKnown(code)) return new PublicError(code, message, details);
  log.subgraph.warn({ reason: message, subgraph, requestId }, "a subgraph refused the call of a service");
  return noUsableResponse(subgraph);
}

const isKnown = (code: unknown): code is ErrorCode => typeof code === "string" && Object.hasOwn(errorCodes, code);

function dataOf<Data>(
  { data }: ExecutionResult,
  shape: ServiceRequest<Data>["shape"],
  subgraph: string,
  requestId: string,
): Data {
  const parsed = shape.safeParse(data);
  if (parsed.success) return parsed.data;
  log.subgraph.warn(
    { reason: parsed.error.issues.map(({ path, code }) => `${path.join(".")}: ${code}`), subgraph, requestId },
    "the response to the call of a service has another shape",
  );
  throw noUsableResponse(subgraph);
}

/**
 * Returns the URLs of the subgraphs that a service calls, from `SUBGRAPH_URL_<NAME>`.
 * @throws ConfigurationError that names every variable that is missing or no URL
 */
export function readSubgraphUrls(service: Issuer, env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const urls = calleesOf(service).map((name) => [name, env[`SUBGRAPH_URL_${name.toUpperCase()}`] ?? ""] as const);
  const problems = urls.flatMap(([name, url]) => {
    const variable = `SUBGRAPH_URL_${name.toUpperCase()}`;
    if (url === "") return `${variable}: is not set; ${service} calls the ${name} subgraph`;
    return /^https?:\/\//.test(url) && URL.canParse(url) ? [] : `${variable}: is not the URL of a subgraph`;
  });
  if (problems.length > 0) throw new ConfigurationError(problems);
  return Object.fromEntries(urls);
}

/**
 * Opens the calls of a service that runs in a process of its own. Follows the file of its keys, if there is one.
 * @throws ConfigurationError that names `NOVACRON_SIGNING_KEYS` or the `SUBGRAPH_URL_<NAME>` that are missing
 */
export function openServiceCalls(service: Issuer): ServiceCalls {
  const signer = callSigner(service, readKeyring("NOVACRON_SIGNING_KEYS"));
  const calls = callsOverHttp(signer, readSubgraphUrls(service));
  const endKeys = followKeyring("NOVACRON_SIGNING_KEYS", signer.keys);
  return {
    ...calls,
    close: () => {
      endKeys();
      return calls.close();
    },
  };
}
