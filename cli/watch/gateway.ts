import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { administratorFile, readAdministrator } from "#runtime/administrator-file.ts";

/** The gateway that a command queries, and its credential. */
export interface Gateway {
  /** The URL of `/graphql`, for queries. */
  url: string;
  /** An API key. */
  key: string;
}

/**
 * Returns the gateway and the API key.
 * @param dataDir where there may be an `admin.json`, whose key is used without NOVACRON_API_KEY
 * @throws Error USAGE, KEY_MISSING
 */
export function gatewayOf(url: string, dataDir: string): Gateway {
  if (!/^https?:/.test(url) || !URL.canParse(url))
    throw failure("USAGE", `--url: ${url} is not an http or https address`);
  return { url, key: apiKey(dataDir) };
}

/** Never on a command line, where other users would see it. */
function apiKey(dataDir: string): string {
  const given = process.env["NOVACRON_API_KEY"];
  if (given) return given;
  const path = administratorFile(resolve(dataDir));
  if (existsSync(path)) return readAdministrator(path).apiKey;
  const message = `there is no ${path} with a key in it; give the data folder of the server with --data-dir, or a key as NOVACRON_API_KEY`;
  throw failure("KEY_MISSING", message);
}

export const failure = (code: string, message: string): Error => Object.assign(new Error(message), { code });

interface Answer {
  data?: Record<string, unknown> | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

/** Runs a query. @throws Error UNREACHABLE, or the first error of the response with its code */
export async function query<Data>({ url, key }: Gateway, document: string, variables: object): Promise<Data> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ query: document, variables }),
  }).catch((error: unknown) => {
    throw failure("UNREACHABLE", `nothing answers at ${url}: ${reasonOf(error)}`);
  });
  const answer = (await response.json().catch(() => ({}))) as Answer;
  const [error] = answer.errors ?? [];
  if (error) throw failure(error.extensions?.code ?? "INTERNAL_SERVER_ERROR", error.message);
  if (!answer.data) throw failure("UNREACHABLE", `the server at ${url} is not a gateway (HTTP ${response.status})`);
  return answer.data as Data;
}

/** `fetch` hides the reason in the cause. */
const reasonOf = (error: unknown): string => {
  const { cause, message } = error as Error & { cause?: Error };
  return cause?.message || message;
};
