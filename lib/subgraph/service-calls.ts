import type { z } from "zod";
import type { Variables } from "../graphql/variables.ts";

/** A request of one service to a subgraph, and the shape that the data of its response must have. */
export interface ServiceRequest<Data> {
  query: string;
  variables?: Variables | undefined;
  shape: z.ZodType<Data>;
}

export interface ServiceCallContext {
  /** The tenant whose rows the call reads and writes. */
  tenantId: string;
  requestId: string;
  /** When the caller stops waiting, in milliseconds since the epoch. */
  deadline: number;
  signal: AbortSignal;
  /** The actor that the service works for, as events show it: `user:<id>`. The callee grants nothing for it. */
  onBehalfOf?: string | undefined;
  /** The operation of which the call is a step. The callee records it with its changes. */
  operationId?: string | undefined;
}

/**
 * The calls of one service of the product to subgraphs: in the same process, or over HTTP with a signed context. A service identifies as itself, and may request
 * the fields that name it (`@calledBy`).
 */
export interface ServiceCalls {
  /**
   * Resolves to the data of a response without errors. A call has the time until its deadline, five seconds at most. A mutation is sent once: its callee makes it
   * idempotent, and the caller decides about another attempt.
   * @throws PublicError with the code of the first error in the response, or SUBGRAPH_UNAVAILABLE, SUBGRAPH_TIMEOUT or OVERLOADED when there is no usable response
   */
  call<Data>(subgraph: string, request: ServiceRequest<Data>, context: ServiceCallContext): Promise<Data>;
  close(): Promise<void>;
}
