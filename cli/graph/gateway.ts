import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { administratorFile, readAdministrator } from "#runtime/administrator-file.ts";

/** The gateway that a command queries, and its credential. */
export interface Gateway {
  /** The URL of `/graphql`, for queries. */
  url: string;
  /** An API key, or the token of a session; empty for none. */
  key: string;
  /** Ends every request. */
  signal?: AbortSignal;
}

/**
 * Returns the gateway and the API key.
 * @param dataDir where there may be an `admin.json`, whose key is used without NOVACRON_API_KEY
 * @throws Error USAGE, KEY_MISSING
 */
export function gatewayOf(url: string, dataDir: string, givenKey?: string): Gateway {
  if (!/^https?:/.test(url) || !URL.canParse(url))
    throw failure("USAGE", `--url: ${url} is not an http or https address`);
  return { url, key: givenKey ?? (process.env["NOVACRON_API_KEY"] || keyOfAdministrator(dataDir)) };
}

function keyOfAdministrator(dataDir: string): string {
  const path = administratorFile(resolve(dataDir));
  if (existsSync(path)) return readAdministrator(path).apiKey;
  const message = `there is no ${path} with a key in it; give the data folder of the server with --data-dir, or a key as NOVACRON_API_KEY`;
  throw failure("KEY_MISSING", message);
}

/** Returns an error that ends the command with its code. */
export const failure = (code: string, message: string): Error => Object.assign(new Error(message), { code });

/** There is no usable response. */
export class UnreachableError extends Error {
  readonly code = "UNREACHABLE";
  /** Whether the gateway may have received the request. When the reason is `lasting`, another attempt would fail alike. */
  readonly kind: "not received" | "perhaps received" | "lasting";

  constructor(message: string, kind: UnreachableError["kind"]) {
    super(message);
    this.kind = kind;
  }
}

/** An error of a response. */
export class GraphError extends Error {
  readonly code: string;
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor({ message, extensions = {} }: ResponseError) {
    super(message);
    this.code = extensions.code ?? "INTERNAL_SERVER_ERROR";
    this.extensions = extensions;
  }
}

interface ResponseError {
  message: string;
  path?: readonly (string | number)[];
  extensions?: Readonly<Record<string, unknown>> & { code?: string };
}
interface Answer {
  data?: Record<string, unknown> | null;
  errors?: readonly ResponseError[];
}

/** A response that takes longer is given up: it is longer than the gateway works on one. */
const longestRequestMs = 40_000;

/**
 * Sends an operation.
 * @param optional the fields that may be null because a part of the graph could not be read
 * @throws UnreachableError, or GraphError, the first error of the response
 */
export async function query<Data>(
  { url, key, signal }: Gateway,
  document: string,
  variables: object,
  optional: readonly string[] = [],
): Promise<Data> {
  const limit = AbortSignal.timeout(longestRequestMs);
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...(key === "" ? {} : { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ query: document, variables }),
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  }).catch((error: unknown) => {
    throw unreachable(url, error);
  });
  const text = await response.text().catch((error: unknown) => {
    throw unreachable(url, error);
  });
  const answer = answerIn(text);
  const error = answer.errors?.find(({ path = [] }) => !answer.data || !optional.some((field) => path.includes(field)));
  if (error) throw new GraphError(error);
  if (answer.data) return answer.data as Data;
  const message = `the server at ${url} is not a gateway (HTTP ${response.status})`;
  throw new UnreachableError(message, response.status >= 500 ? "perhaps received" : "lasting");
}

function answerIn(text: string): Answer {
  try {
    return (JSON.parse(text) ?? {}) as Answer;
  } catch {
    return {};
  }
}

const kinds: Readonly<Record<string, UnreachableError["kind"]>> = {
  ECONNREFUSED: "not received",
  ENOTFOUND: "not received",
  EAI_AGAIN: "not received",
  EHOSTUNREACH: "not received",
  ENETUNREACH: "not received",
  UND_ERR_CONNECT_TIMEOUT: "not received",
  ECONNRESET: "perhaps received",
  EPIPE: "perhaps received",
  UND_ERR_SOCKET: "perhaps received",
  UND_ERR_HEADERS_TIMEOUT: "perhaps received",
  UND_ERR_BODY_TIMEOUT: "perhaps received",
};

/** Returns the error of a `fetch`, which hides the reason in the cause. */
function unreachable(url: string, error: unknown): UnreachableError {
  const { cause, message, name } = error as Error & { cause?: Error & { code?: string } };
  const kind = name === "TimeoutError" ? "perhaps received" : (kinds[cause?.code ?? ""] ?? "lasting");
  return new UnreachableError(`nothing answers at ${url}: ${cause?.message || cause?.code || message}`, kind);
}
