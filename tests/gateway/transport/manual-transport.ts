import type { ExecutionResult } from "graphql";
import type { CallRequest, Transport } from "#gateway/transport/transport.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";

export interface OpenCall {
  subgraph: string;
  request: CallRequest;
  context: RequestContext;
  signal: AbortSignal;
  answer(answer: ExecutionResult): void;
  fail(error: unknown): void;
}

/** Returns a transport whose calls the test answers, in any order and at any time. It ignores signals, as a bad transport does. */
export function manualTransport(): Transport & { calls: OpenCall[] } {
  const calls: OpenCall[] = [];
  return {
    calls,
    send: (subgraph, request, context, signal) =>
      new Promise((answer, fail) => calls.push({ subgraph, request, context, signal, answer, fail })),
    close: async () => undefined,
  };
}

/** Returns a transport that handles each call with `send`. */
export const transportWith = (send: Transport["send"]): Transport => ({ send, close: async () => undefined });

export const query = (text: string, variables: Record<string, unknown> = {}): CallRequest => ({
  query: text,
  variables,
  operation: "query",
});

export const mutation = (text: string): CallRequest => ({ query: text, operation: "mutation" });

export const never = (): AbortSignal => new AbortController().signal;

export const contextOf = (userId: string, deadline = Date.now() + 60_000): RequestContext => ({
  identity: {
    kind: "user",
    id: userId,
    tenantId: "0197a000-0001-7000-8000-000000000001",
    permissions: ["vm:read"],
  },
  requestId: crypto.randomUUID(),
  deadline,
});
