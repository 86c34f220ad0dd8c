import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { listen } from "../process/listen.ts";
import { log } from "./log.ts";
import { metrics } from "./metrics.ts";

export interface MetricsServer {
  url: string;
  close(): Promise<void>;
}

/** Serves the process's metrics to Prometheus, and its liveness, on a separate port: they are not for clients. */
export async function listenMetrics(host: string, port: number): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    if (request.method === "GET" && request.url === "/health/live") {
      response.writeHead(200, { "content-type": "application/json" }).end('{"status":"live"}\n');
      return;
    }
    if (request.method !== "GET" || request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    metrics.metrics().then(
      (text) => response.writeHead(200, { "content-type": metrics.contentType }).end(text),
      (error: unknown) => {
        log.jobs.error({ err: error }, "metrics could not be collected");
        response.writeHead(500).end();
      },
    );
  });
  await listen(server, { host, port, setting: "METRICS_PORT" });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
