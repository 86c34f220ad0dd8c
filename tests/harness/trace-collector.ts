import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface CollectedSpan {
  service: string;
  name: string;
  traceId: string;
  spanId: string;
  /** Empty for the first span of a trace. */
  parentSpanId: string;
  attributes: Readonly<Record<string, unknown>>;
  isFailed: boolean;
}

export interface TraceCollector {
  url: string;
  spans: CollectedSpan[];
  /** Returns everything that it has received. */
  text(): string;
  close(): Promise<void>;
}

interface Attribute {
  key: string;
  value: Readonly<Record<string, unknown>>;
}

interface Exported {
  resourceSpans: {
    resource: { attributes: Attribute[] };
    scopeSpans: {
      spans: {
        name: string;
        traceId: string;
        spanId: string;
        parentSpanId?: string;
        attributes: Attribute[];
        status: { code: number };
      }[];
    }[];
  }[];
}

/** Starts a collector that receives spans from OpenTelemetry's exporters, by OTLP over HTTP, in JSON. */
export async function startTraceCollector(): Promise<TraceCollector> {
  const spans: CollectedSpan[] = [];
  let received = "";
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      received += `${request.url} ${body}\n`;
      spans.push(...spansIn(JSON.parse(body) as Exported));
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  const url = await listening(server);
  return { url, spans, text: () => received, close: () => closed(server) };
}

/** Starts a collector that accepts requests and never answers. */
export async function startHungCollector(): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request) => void request.resume());
  return { url: await listening(server), close: () => closed(server) };
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

const spansIn = ({ resourceSpans }: Exported): CollectedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(valuesOf(resource.attributes)["service.name"]);
    return scopeSpans.flatMap(({ spans }) =>
      spans.map(({ name, traceId, spanId, parentSpanId = "", attributes, status }) => ({
        service,
        name,
        traceId,
        spanId,
        parentSpanId,
        attributes: valuesOf(attributes),
        // STATUS_CODE_ERROR
        isFailed: status.code === 2,
      })),
    );
  });

const valuesOf = (attributes: readonly Attribute[]): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
