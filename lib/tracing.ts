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

/** Undefined while nothing is traced: then each of these functions costs one comparison. */
let tracer: Tracer | undefined;

/** Traces by this tracer from now on, or no more. */
export function traceBy(given: Tracer | undefined): void {
  tracer = given;
}

/** Runs `work` in a span of its own under the active one. What no request has caused, such as a job, has no span over it, and gets none. */
export function span<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> {
  return tracer && trace.getActiveSpan() ? requestSpan(name, options, work) : work();
}

/** Runs `work` in a span under the active one, or in the first one of a new trace. */
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
 * Runs `work` in the trace that the caller's `traceparent` (W3C Trace Context) names; in none, when it is missing or malformed. Of `tracestate` and
 * `baggage` nothing is taken: they hold whatever text a client likes, and would be carried to every subgraph.
 */
export function inTraceOf<T>(traceparent: string | string[] | undefined, work: () => T): T {
  if (!tracer) return work();
  return context.with(propagation.extract(ROOT_CONTEXT, { traceparent }), work);
}

/** The headers that let whoever is called go on with this trace; none while nothing is traced. */
export function traceHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  if (tracer) propagation.inject(context.active(), headers);
  return headers;
}

/** Says more of the active span. `told` is not called while nothing is traced. */
export function tellSpan(told: () => { name?: string; attributes: Attributes }): void {
  const active = tracer && trace.getActiveSpan();
  if (!active) return;
  const { name, attributes } = told();
  active.setAttributes(attributes);
  if (name !== undefined) active.updateName(name);
}

/** Marks the active span as failed. @param type a code, of which there are few */
export function failSpan(type: string): void {
  const active = tracer && trace.getActiveSpan();
  if (active) fail(active, type);
}

/** The trace that a line of the log belongs to. */
export function traceId(): { traceId?: string } {
  const active = tracer && trace.getActiveSpan();
  return active ? { traceId: active.spanContext().traceId } : {};
}

/** Without the error's message and stack: they may hold what a client has sent. */
function fail(failed: Span, type: string): void {
  failed.setAttribute("error.type", type);
  failed.setStatus({ code: SpanStatusCode.ERROR });
}

function errorType(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return typeof code === "string" ? code : typeof name === "string" ? name : "unknown";
}
