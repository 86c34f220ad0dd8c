import { expect } from "vitest";
import type { CollectedSpan } from "./trace-collector.ts";

/** Returns a `traceparent` as a client sends it, of a new trace. */
export function newTraceparent() {
  const [traceId, spanId] = [hexadecimal(16), hexadecimal(8)];
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-01` };
}

/** Returns the spans of one trace. Expects that they are connected: one span is under the client's, and the parent of every other is among them. */
export function connectedTrace(spans: readonly CollectedSpan[], client: { traceId: string; spanId: string }) {
  const trace = spans.filter(({ traceId }) => traceId === client.traceId);
  const ids = new Set(trace.map(({ spanId }) => spanId));
  const roots = trace.filter(({ parentSpanId }) => !ids.has(parentSpanId));
  expect(roots.map(({ parentSpanId }) => parentSpanId)).toEqual([client.spanId]);
  return trace;
}

/** Returns the names of a span's ancestors, from the first of the trace down to the span itself. */
function pathTo(trace: readonly CollectedSpan[], found: CollectedSpan): string[] {
  const parent = trace.find(({ spanId }) => spanId === found.parentSpanId);
  return [...(parent ? pathTo(trace, parent) : []), found.name];
}

/** Returns the paths of all spans, each once. */
export const pathsOf = (trace: readonly CollectedSpan[]): string[] =>
  [...new Set(trace.map((each) => pathTo(trace, each).join(" / ")))].toSorted();

const hexadecimal = (bytes: number): string =>
  Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("hex");
