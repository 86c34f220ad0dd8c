import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { trace } from "@opentelemetry/api";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { overHttp } from "#gateway/transport/http.ts";
import { exportTraces } from "#lib/observability/export-traces.ts";
import { inTraceOf, requestSpan, traceHeaders } from "#lib/observability/tracing.ts";
import { newTraceparent } from "#tests/harness/trace-tree.ts";
import { contextOf, never, query as queryOf } from "./transport/manual-transport.ts";

describe("a subgraph over HTTP", () => {
  const received: (string | string[] | undefined)[] = [];
  const server = createServer((request, response) => {
    received.push(request.headers["traceparent"]);
    request.resume();
    response.end(JSON.stringify({ data: {} }));
  });
  let remote: ReturnType<typeof overHttp>;
  beforeAll(async () => {
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    remote = overHttp({ vms: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql` }, undefined);
  });
  afterAll(async () => {
    await remote.close();
    server.close();
  });
  afterEach(() => {
    received.length = 0;
    vi.unstubAllEnvs();
  });
  const call = (traceparent: string) =>
    inTraceOf(traceparent, () =>
      requestSpan("request", {}, () => remote.send("vms", queryOf("{ a }"), contextOf("1"), never())),
    );

  it("receives no trace without a collector, and nothing is registered", async () => {
    const stop = await exportTraces("novacron");
    await call(newTraceparent().traceparent);
    expect(received).toEqual([undefined]);
    expect(traceHeaders()).toEqual({});
    expect(trace.getTracer("any").startSpan("any").isRecording()).toBe(false);
    await stop();
  });

  it.each([
    ["OTEL_SDK_DISABLED", "true"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", ""],
  ])("receives no trace with a collector and %s=%s", async (name, value) => {
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");
    vi.stubEnv(name, value);
    const stop = await exportTraces("novacron");
    await call(newTraceparent().traceparent);
    expect(received).toEqual([undefined]);
    await stop();
  });

  it("receives the trace with a collector", async () => {
    vi.stubEnv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:1/v1/traces");
    const stop = await exportTraces("novacron");
    const client = newTraceparent();
    await call(client.traceparent);
    expect(received[0]).toMatch(new RegExp(`^00-${client.traceId}-[0-9a-f]{16}-01$`));
    expect(received[0]).not.toContain(client.spanId);
    await stop();
  });
});
