import { readFileSync } from "node:fs";
import { HeaderMap } from "@apollo/server";
import { createGraph } from "#gateway/graph.ts";
import type { Transport } from "#gateway/transport/transport.ts";
import { asset } from "#lib/assets.ts";
import { type Identity, policies } from "#lib/request-context.ts";
import type { Answer } from "#tests/harness/product.ts";

export type AskAs = (identity: Identity, query: string) => Promise<Pick<Answer, "data" | "errors">>;

/** The product's graph over some transport, asked as anybody: who asks is what these tests vary. */
export async function graphOver(transport: Transport): Promise<AskAs> {
  const graph = await createGraph({
    policies,
    supergraphSdl: readFileSync(asset("supergraph.graphql"), "utf8"),
    transport,
    introspection: true,
  });
  return async (identity, query) => {
    const deadline = Date.now() + 30_000;
    const { body } = await graph.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: "POST",
        headers: new HeaderMap([["content-type", "application/json"]]),
        search: "",
        body: { query },
      },
      context: async () => ({ identity, requestId: "request", deadline, signal: AbortSignal.timeout(30_000) }),
    });
    if (body.kind !== "complete") throw new Error("One answer was due.");
    const { data = null, errors = [] } = JSON.parse(body.string) as Partial<Answer>;
    return { data, errors };
  };
}

/** Subgraphs that know nothing and enforce nothing: what is refused over them, the gateway alone refuses. */
export const emptySubgraphs: Transport = { send: async () => ({ data: null }), close: async () => undefined };
