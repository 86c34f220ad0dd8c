import type { ExecutionResult } from "graphql";
import type { RequestContext } from "#lib/request-context.ts";
import type { SubgraphRequest } from "#lib/subgraph.ts";

/**
 * How the gateway reaches a subgraph: in the same process or over HTTP. A carrier rejects when it has no answer; an answer with errors in it
 * is an answer.
 */
export interface Transport {
  send(
    subgraph: string,
    request: SubgraphRequest,
    context: RequestContext,
    signal: AbortSignal,
  ): Promise<ExecutionResult>;
  close(): Promise<void>;
}
