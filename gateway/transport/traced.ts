import { SpanKind } from "@opentelemetry/api";
import { span, tellSpan } from "#lib/tracing.ts";
import type { TransportObserver } from "./observer.ts";
import type { Transport } from "./transport.ts";

/**
 * A span for each call, from the caller's side: waiting, a second try and sharing included. What a subgraph does for several callers who share a call
 * is in the trace of the first.
 */
export const traced = (inner: Transport): Transport => ({
  send: (subgraph, request, context, signal) => {
    const attributes = { "novacron.subgraph": subgraph, "graphql.operation.type": request.operation };
    return span(`call ${subgraph}`, { kind: SpanKind.CLIENT, attributes }, () =>
      inner.send(subgraph, request, context, signal),
    );
  },
  close: () => inner.close(),
});

/** Who measures is told as before, and the span of the call as well. */
export const tracing = (observer: TransportObserver): TransportObserver => ({
  ...observer,
  onRetry: (subgraph) => {
    tellSpan(() => ({ attributes: { "novacron.retries": 1 } }));
    observer.onRetry?.(subgraph);
  },
  onShare: (subgraph) => {
    tellSpan(() => ({ attributes: { "novacron.shared": true } }));
    observer.onShare?.(subgraph);
  },
});
