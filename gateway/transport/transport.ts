import type { ExecutionResult } from "graphql";
import type { RequestContext } from "#lib/trust/request-context.ts";
import type { SubgraphRequest } from "#lib/subgraph/request.ts";

export interface CallRequest extends SubgraphRequest {
  /** A query may be sent twice, or once for several callers; a mutation is sent once. */
  operation: "query" | "mutation";
  /** The response must not be one of an earlier call: this call is sent because something has changed. */
  fresh?: boolean | undefined;
}

/**
 * How the gateway reaches a subgraph: in the same process or over HTTP, and every guard around that. A transport rejects when it has no response; a
 * response with errors is a response. At the signal the caller stops waiting: transports then stop as soon as they can.
 */
export interface Transport {
  send(subgraph: string, request: CallRequest, context: RequestContext, signal: AbortSignal): Promise<ExecutionResult>;
  close(): Promise<void>;
}
