import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { administratorFile, readAdministrator } from "#runtime/administrator-file.ts";

/** The gateway that a command queries, and its credential. */
export interface Gateway {
  /** The URL of `/graphql`, for queries. */
  url: string;
  /** An API key, or the token of a session. */
  key: string;
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
export const failure = (code: string, message: string, cause?: unknown): Error =>
  Object.assign(new Error(message, { cause }), { code });

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

interface Request {
  signal?: AbortSignal | undefined;
  /** Accepts a response in which fields below those of the root are null because a part of the graph could not be read. */
  partial?: boolean | undefined;
}

/** A response that takes longer is given up: it is longer than the gateway works on one. */
const longestRequestMs = 40_000;

/**
 * Sends an operation.
 * @throws Error UNREACHABLE with the cause, or GraphError, the first error of the response
 */
export async function query<Data>(
  { url, key }: Gateway,
  document: string,
  variables: object,
  { signal, partial = false }: Request = {},
): Promise<Data> {
  const limit = AbortSignal.timeout(longestRequestMs);
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...(key === "" ? {} : { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ query: document, variables }),
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  }).catch((error: unknown) => {
    throw failure("UNREACHABLE", `nothing answers at ${url}: ${reasonOf(error)}`, error);
  });
  const answer = (await response.json().catch(() => ({}))) as Answer;
  const error = answer.errors?.find(({ path }) => !partial || !answer.data || (path?.length ?? 0) <= 1);
  if (error) throw new GraphError(error);
  if (!answer.data) throw failure("UNREACHABLE", `the server at ${url} is not a gateway (HTTP ${response.status})`);
  return answer.data as Data;
}

/** `fetch` hides the reason in the cause. */
const reasonOf = (error: unknown): string => {
  const { cause, message } = error as Error & { cause?: Error };
  return cause?.message || message;
};
