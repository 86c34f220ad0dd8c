import type { ExecutionResult } from "graphql";
import type { RequestContext } from "#lib/request-context.ts";
import type { SubgraphRequest } from "#lib/subgraph-request.ts";

export interface CallRequest extends SubgraphRequest {
  /** A query may be asked twice, or once for several callers; a mutation is sent once. */
  operation: "query" | "mutation";
  /** Its answer may not be one that was asked for before it: it is asked because something has changed. */
  fresh?: boolean | undefined;
}

/**
 * How the gateway reaches a subgraph: in the same process or over HTTP, and every guard around that. A carrier rejects when it has no answer;
 * an answer with errors in it is an answer. At the signal the caller waits no longer: carriers stop then as soon as they can.
 */
export interface Transport {
  send(subgraph: string, request: CallRequest, context: RequestContext, signal: AbortSignal): Promise<ExecutionResult>;
  close(): Promise<void>;
}
