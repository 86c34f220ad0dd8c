import { Counter, Gauge, Histogram } from "prom-client";
import { metrics } from "#lib/observability/metrics.ts";
import type { ObservedRequest } from "./gateway.ts";
import type { ConnectionObserver } from "./sockets/observer.ts";
import type { StreamObserver } from "./subscriptions/observer.ts";
import type { TransportObserver } from "./transport/observer.ts";

const requests = new Counter({
  name: "novacron_gateway_requests_total",
  help: "GraphQL requests, by outcome: answered, or the code of the refusal.",
  labelNames: ["outcome"],
  registers: [metrics],
});

const requestSeconds = new Histogram({
  name: "novacron_gateway_request_seconds",
  help: "Time from a request to its response, for executed requests; by the name of the known document, and `other` for all unknown ones.",
  labelNames: ["document"],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
  registers: [metrics],
});

const subgraphCalls = new Counter({
  name: "novacron_gateway_subgraph_calls_total",
  help: "Calls to a subgraph, by outcome.",
  labelNames: ["subgraph", "operation", "outcome"],
  registers: [metrics],
});

const subgraphSeconds = new Histogram({
  name: "novacron_gateway_subgraph_call_seconds",
  help: "Duration of a call to a subgraph, as its caller measures it.",
  labelNames: ["subgraph"],
  buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  registers: [metrics],
});

const retries = new Counter({
  name: "novacron_gateway_subgraph_retries_total",
  help: "Queries that were retried at a subgraph.",
  labelNames: ["subgraph"],
  registers: [metrics],
});

const shared = new Counter({
  name: "novacron_gateway_subgraph_shared_calls_total",
  help: "Calls that shared the response of another call in flight.",
  labelNames: ["subgraph"],
  registers: [metrics],
});

const breakers = new Gauge({
  name: "novacron_gateway_breaker_open",
  help: "1 while a subgraph is not called because it did not answer, 0.5 while one call tests whether it answers again.",
  labelNames: ["subgraph"],
  registers: [metrics],
});

const connections = new Gauge({
  name: "novacron_gateway_connections",
  help: "Open WebSockets, and streams of server-sent events.",
  labelNames: ["kind"],
  registers: [metrics],
});

const closed = new Counter({
  name: "novacron_gateway_connections_closed_total",
  help: "Closed connections, by the gateway's reason; `gone` where the client closed the connection.",
  labelNames: ["kind", "reason"],
  registers: [metrics],
});

const streams = new Gauge({
  name: "novacron_gateway_subgraph_subscriptions",
  help: "Subscriptions to subgraphs: one for all clients that request the same and may see the same.",
  registers: [metrics],
});

const events = new Counter({
  name: "novacron_gateway_events_total",
  help: "Delivered events, each counted once for all clients that received it.",
  registers: [metrics],
});

const deliveries = new Counter({
  name: "novacron_gateway_event_deliveries_total",
  help: "Delivered events, each counted once for each client.",
  registers: [metrics],
});

const replaced = new Counter({
  name: "novacron_gateway_events_replaced_total",
  help: "Events that a newer event replaced before a client had read them.",
  registers: [metrics],
});

/** Counts requests. Labels are bounded: the names of known documents, and codes of the closed list. */
export function countRequest({ document, refused, milliseconds }: ObservedRequest): void {
  requests.inc({ outcome: refused ?? "answered" });
  if (refused === undefined) requestSeconds.observe({ document: document ?? "other" }, milliseconds / 1_000);
}

const openness = { closed: 0, "half-open": 0.5, open: 1 } as const;

/** Counts calls. Labels are bounded by the number of subgraphs. */
export const countCalls: TransportObserver = {
  onCall: ({ subgraph, operation, outcome, milliseconds }) => {
    subgraphCalls.inc({ subgraph, operation, outcome });
    subgraphSeconds.observe({ subgraph }, milliseconds / 1_000);
  },
  onRetry: (subgraph) => retries.inc({ subgraph }),
  onShare: (subgraph) => shared.inc({ subgraph }),
  onBreakerChange: (subgraph, state) => breakers.set({ subgraph }, openness[state]),
};

/** Counts connections. Labels are bounded by the reasons for which the gateway closes them. */
export const countConnections: ConnectionObserver = {
  onOpen: (kind) => connections.inc({ kind }),
  onClose: (kind, reason) => {
    connections.dec({ kind });
    closed.inc({ kind, reason });
  },
  onReplaced: () => replaced.inc(),
};

export const countEvents: StreamObserver = {
  onStream: (change) => streams.inc(change),
  onEmitted: (count) => {
    events.inc();
    deliveries.inc(count);
  },
};
