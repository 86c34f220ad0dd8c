import { readFileSync } from "node:fs";
import type { Example } from "#gateway/http/graphiql/graphiql.ts";
import { asset } from "#lib/assets.ts";

/** Returns `docs/one-request.graphql` for the first three VMs, with their metrics of the last hour. */
export function theOneRequest(): Example {
  const now = Date.now();
  const variables = { first: 3, from: new Date(now - 3_600_000).toISOString(), to: new Date(now).toISOString() };
  return { query: readFileSync(asset("docs/one-request.graphql"), "utf8"), variables };
}
