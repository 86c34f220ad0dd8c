import {
  type Attributes,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  trace,
  type Tracer,
} from "@opentelemetry/api";

/** Undefined while tracing is off: then each of these functions costs one comparison. */
let tracer: Tracer | undefined;

/** Sets the tracer from now on; undefined stops tracing. */
export function traceBy(given: Tracer | undefined): void {
  tracer = given;
}

/** Runs `work` in a new span under the active one. Work without a request, such as a job, has no active span, and gets none. */
export function span<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> {
  return tracer && trace.getActiveSpan() ? requestSpan(name, options, work) : work();
}

/** Runs `work` in a span under the active one, or in the first span of a new trace. */
export function requestSpan<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> {
  if (!tracer) return work();
  return tracer.startActiveSpan(name, options, async (started) => {
    try {
      return await work();
    } catch (error) {
      fail(started, errorType(error));
      throw error;
    } finally {
      started.end();
    }
  });
}

/**
 * Runs `work` in the trace that the caller's `traceparent` (W3C Trace Context) names; in none, when it is missing or malformed. `tracestate` and `baggage`
 * are ignored: they contain any text that a client chooses, and would be sent to every subgraph.
 */
export function inTraceOf<T>(traceparent: string | string[] | undefined, work: () => T): T {
  if (!tracer) return work();
  return context.with(propagation.extract(ROOT_CONTEXT, { traceparent }), work);
}

/** Returns the headers with which the called service continues this trace; none while tracing is off. */
export function traceHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  if (tracer) propagation.inject(context.active(), headers);
  return headers;
}

/** Adds attributes to the active span. `describe` is not called while tracing is off. */
export function annotateSpan(describe: () => { name?: string; attributes: Attributes }): void {
  const active = tracer && trace.getActiveSpan();
  if (!active) return;
  const { name, attributes } = describe();
  active.setAttributes(attributes);
  if (name !== undefined) active.updateName(name);
}

/**
 * Marks the active span as failed.
 * @param type one of a small set of codes
 */
export function failSpan(type: string): void {
  const active = tracer && trace.getActiveSpan();
  if (active) fail(active, type);
}

/** Returns the trace id for a line of the log. */
export function traceId(): { traceId?: string } {
  const active = tracer && trace.getActiveSpan();
  return active ? { traceId: active.spanContext().traceId } : {};
}

/** The error's message and stack are left out: they may contain data that a client has sent. */
function fail(failed: Span, type: string): void {
  failed.setAttribute("error.type", type);
  failed.setStatus({ code: SpanStatusCode.ERROR });
}

function errorType(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return typeof code === "string" ? code : typeof name === "string" ? name : "unknown";
}
