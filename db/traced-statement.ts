import { SpanKind } from "@opentelemetry/api";
import { span } from "#lib/observability/tracing.ts";

/** Runs a statement in a span. The span shows the statement's text, which holds `$1`, `$2` in the place of values, and never the values. */
export function tracedStatement<T>(database: string, text: string, send: () => Promise<T>): Promise<T> {
  const operation = /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? "SQL";
  const attributes = {
    "db.system.name": "postgresql",
    "db.namespace": database,
    "db.operation.name": operation,
    "db.query.text": text,
  };
  return span(`${operation} ${database}`, { kind: SpanKind.CLIENT, attributes }, send);
}
