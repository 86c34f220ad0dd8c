import { SpanKind } from "@opentelemetry/api";
import { span, annotateSpan } from "#lib/observability/tracing.ts";
import type { TransportObserver } from "./observer.ts";
import type { Transport } from "./transport.ts";

/**
 * Records a span for each call, measured by the caller: including waiting, a retry and sharing. The work of a subgraph for several callers that share a
 * call is in the trace of the first.
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

/** Returns an observer that also records retries and sharing on the span of the call. */
export const tracing = (observer: TransportObserver): TransportObserver => ({
  ...observer,
  onRetry: (subgraph) => {
    annotateSpan(() => ({ attributes: { "novacron.retries": 1 } }));
    observer.onRetry?.(subgraph);
  },
  onShare: (subgraph) => {
    annotateSpan(() => ({ attributes: { "novacron.shared": true } }));
    observer.onShare?.(subgraph);
  },
});
