import { readFileSync } from "node:fs";
import { createGateway } from "#gateway/create-gateway.ts";
import type { Transport } from "#gateway/transport/transport.ts";
import { asset } from "#lib/assets.ts";
import { type Identity, policies } from "#lib/request-context.ts";
import { type AnsweredData, answerOf } from "#tests/harness/answers.ts";

export type AskAs = (identity: Identity, query: string) => Promise<AnsweredData>;

/** The product's graph over some transport, asked as anybody: who asks is what these tests vary. */
export async function graphOver(transport: Transport): Promise<AskAs> {
  const gateway = createGateway({
    supergraphSdl: readFileSync(asset("supergraph.graphql"), "utf8"),
    policies,
    transport,
    introspection: true,
    planning: "this thread",
  });
  return async (identity, query) => {
    const context = { identity, requestId: "request", deadline: Date.now() + 30_000 };
    return answerOf(await gateway.execute({ query }, { ...context, signal: AbortSignal.timeout(30_000) }));
  };
}

/** Subgraphs that know nothing and enforce nothing: what is refused over them, the gateway alone refuses. */
export const emptySubgraphs: Transport = { send: async () => ({ data: null }), close: async () => undefined };
