import { context, diag, DiagLogLevel, propagation, trace } from "@opentelemetry/api";
import { log } from "./log.ts";
import { pause } from "../pause.ts";
import { traceBy } from "./tracing.ts";

/** Exports the remaining spans, for at most a second, and stops tracing. */
export type StopTraces = () => Promise<void>;

/** A collector that does not respond delays a stop by at most this time. */
const lastExportMs = 1_000;

/**
 * Traces the work of this process and exports it by OTLP over HTTP (JSON), when `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` gives
 * an endpoint and `OTEL_SDK_DISABLED` does not forbid it. The SDK reads the other standard variables by itself; without an endpoint it is not even loaded.
 * A collector that cannot be reached costs a line of the log, and spans.
 * @param service the name of the process, unless `OTEL_SERVICE_NAME` gives another
 */
export async function exportTraces(service: string): Promise<StopTraces> {
  const endpoint = process.env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] || process.env["OTEL_EXPORTER_OTLP_ENDPOINT"];
  if (!endpoint || process.env["OTEL_SDK_DISABLED"]?.toLowerCase() === "true") return async () => undefined;
  const { openExport } = await import("./opentelemetry.ts");
  const warn = (message: string) => log.traces.warn(message);
  const nothing = () => undefined;
  diag.setLogger({ error: warn, warn, info: nothing, debug: nothing, verbose: nothing }, DiagLogLevel.WARN);
  const { provider, contextManager, propagator } = openExport(service);
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(contextManager);
  propagation.setGlobalPropagator(propagator);
  traceBy(trace.getTracer("novacron"));
  return async () => {
    traceBy(undefined);
    const waiting = new AbortController();
    await Promise.race([
      provider
        .shutdown()
        .catch((error: unknown) => log.traces.warn({ err: error }, "the last spans were not exported")),
      pause(lastExportMs, waiting.signal),
    ]);
    waiting.abort();
    for (const registered of [trace, context, propagation, diag]) registered.disable();
  };
}
