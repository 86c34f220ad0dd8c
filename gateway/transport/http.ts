import { type Dispatcher, errors, Pool } from "undici";
import type { ExecutionResult } from "graphql";
import type { CallSigner } from "#lib/trust/call-keys.ts";
import { signContext } from "#lib/trust/signed-context.ts";
import { traceHeaders } from "#lib/observability/tracing.ts";
import { parseJson, stringifyJson } from "#lib/exact-json.ts";
import { isData } from "../execution/data.ts";
import { CallFailure, failureKind } from "./call-failure.ts";
import { graphqlAnswer } from "./graphql-answer.ts";
import { type HttpLimits, httpLimits } from "./limits.ts";
import type { CallRequest, Transport } from "./transport.ts";

/** A transport whose subgraphs may move while it runs. */
export interface HttpTransport extends Transport {
  /** Sets new URLs of the subgraphs; calls in flight to the old ones are completed. */
  readdress(urls: Readonly<Record<string, string>>): void;
}

/**
 * Calls subgraphs over HTTP, each over its own keep-alive connections; every call is signed over its final body. None of the client's own headers are sent:
 * what a subgraph may know of the client is in the context. Redirects are not followed: a signed call is for one address.
 * @param signer undefined for subgraphs without authentication: they do not receive the caller's identity
 */
export function overHttp(
  urls: Readonly<Record<string, string>>,
  signer: CallSigner | undefined,
  given: Partial<HttpLimits> = {},
): HttpTransport {
  const limits = { ...httpLimits, ...given };
  const addresses = new Map<string, Address>();
  const readdress = (next: Readonly<Record<string, string>>): void => {
    for (const [name, { url, pool }] of addresses) {
      if (next[name] === url) continue;
      addresses.delete(name);
      pool.close().catch(() => undefined);
    }
    for (const [name, url] of Object.entries(next))
      if (!addresses.has(name)) addresses.set(name, addressOf(url, limits));
  };
  readdress(urls);
  return {
    readdress,
    send: async (name, { query, variables, numbersOf }, context, signal) => {
      const address = addresses.get(name);
      if (!address) throw new Error(`Subgraph ${name} has no URL.`);
      const body = stringifyJson({ query, variables }) ?? "";
      const headers = {
        "content-type": "application/json",
        ...(signer ? signContext(signer, { audience: name, context, body }) : {}),
        ...traceHeaders(),
      };
      const isSigned = signer !== undefined;
      return exchange(address, { headers, body, signal }, { isSigned, numbersOf }).catch((error: unknown) => {
        throw signal.aborted ? error : failureOf(name, error);
      });
    },
    close: async () => {
      await Promise.all([...addresses.values()].map(({ pool }) => pool.destroy()));
    },
  };
}

interface Address {
  url: string;
  path: string;
  pool: Pool;
}

function addressOf(text: string, limits: HttpLimits): Address {
  const url = new URL(text);
  const pool = new Pool(url.origin, {
    connections: limits.connections,
    connect: { timeout: limits.connectTimeoutMs },
    keepAliveTimeout: limits.keepAliveMs,
    keepAliveMaxTimeout: limits.keepAliveMs,
    headersTimeout: limits.silenceMs,
    bodyTimeout: limits.silenceMs,
    maxResponseSize: limits.maxAnswerBytes,
  });
  return { url: text, path: url.pathname + url.search, pool };
}

/**
 * Sends a call. A GraphQL response counts as one whatever its status: servers respond 400 to a variable that they refuse, and 403 next to the data of other
 * fields. But 401 to a signed call means that its signature was refused, which does not concern a client.
 */
async function exchange(
  { pool, path }: Address,
  call: Pick<Dispatcher.RequestOptions, "headers" | "body" | "signal">,
  { isSigned, numbersOf }: Pick<CallRequest, "numbersOf"> & { isSigned: boolean },
): Promise<ExecutionResult> {
  const { statusCode, body } = await pool.request({ ...call, method: "POST", path });
  const text = await body.text();
  try {
    if (isSigned && statusCode === 401) throw new CallFailure("unusable", "The signature was refused.");
    return graphqlAnswer(parsed(text, numbersOf));
  } catch (error) {
    if (statusCode === 200 || failureKind(error) !== "unusable") throw error;
    const isProxys = statusCode === 502 || statusCode === 503;
    throw new CallFailure(isProxys ? "unreachable" : "unusable", `The status was ${statusCode}.`, { cause: error });
  }
}

/** Parses the text. The parser's own error is not passed on, because it quotes the text. */
function parsed(text: string, numbersOf: CallRequest["numbersOf"] = () => "none"): unknown {
  try {
    return parseJson(text, (answer) => numbersOf(isData(answer) ? answer["data"] : undefined));
  } catch (error) {
    if (error instanceof SyntaxError) throw new CallFailure("unusable", "The answer was not JSON.");
    throw error;
  }
}

/** Errors of a connection that could not be opened or that broke. Too few file descriptors are a problem of this process, and are not among them. */
const withoutAnswer = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EPIPE",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_SOCKET",
]);

function failureOf(name: string, error: unknown): unknown {
  if (error instanceof errors.ResponseExceededMaxSizeError || error instanceof errors.HTTPParserError)
    return new CallFailure("unusable", `Subgraph ${name} sent an invalid response.`, { cause: error });
  const { code } = error as NodeJS.ErrnoException;
  return code !== undefined && withoutAnswer.has(code)
    ? new CallFailure("unreachable", `Subgraph ${name} cannot be reached.`, { cause: error })
    : error;
}
