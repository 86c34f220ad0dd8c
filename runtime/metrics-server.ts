import { Gauge } from "prom-client";
import { metrics } from "#lib/observability/metrics.ts";
import { listenMetrics, type MetricsServer } from "#lib/observability/metrics-server.ts";
import type { Databases } from "./databases.ts";
import { type EventLag, eventLag } from "./events/lag.ts";

/** Serves the product's metrics, those of the databases' event logs included, where a port is given for them. */
export async function serveMetrics(
  systems: Databases,
  { host, port }: { host: string; port: number | undefined },
  print: (line: string) => void,
): Promise<Pick<MetricsServer, "close"> | undefined> {
  if (port === undefined) return undefined;
  const removeGauges = measureLag(systems);
  const { url, close } = await listenMetrics(host, port);
  print(`figures for Prometheus are at ${url}`);
  return {
    close: () => {
      removeGauges();
      return close();
    },
  };
}

/** Queries the databases once for all gauges, each time Prometheus scrapes. An unavailable database has no metrics until it is available again. */
function measureLag(systems: Databases): () => void {
  let running: Promise<EventLag | undefined> | undefined;
  const lagNow = () =>
    (running ??= eventLag(systems)
      .catch(() => undefined)
      .finally(() => setImmediate(() => (running = undefined))));
  const gauge = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    figures: (lag: EventLag) => { labels: Record<Label, string>; value: number }[],
  ) => {
    const measured = new Gauge({
      name,
      help,
      labelNames,
      registers: [metrics],
      collect: async () => {
        const lag = await lagNow();
        measured.reset();
        for (const { labels, value } of lag ? figures(lag) : []) measured.set(labels, value);
      },
    });
    return name;
  };
  const names = [
    gauge(
      "novacron_event_relay_lag_events",
      "Events in the outbox of a database that its relay has not announced yet.",
      ["database"],
      ({ relays }) => relays.map(({ database, events }) => ({ labels: { database }, value: events })),
    ),
    gauge(
      "novacron_event_relay_lag_seconds",
      "How long the oldest event that a relay has not announced has been waiting.",
      ["database"],
      ({ relays }) => relays.map(({ database, seconds }) => ({ labels: { database }, value: seconds })),
    ),
    gauge(
      "novacron_event_consumer_lag_events",
      "Events of a source that a consumer whose effects are in a database has not read yet.",
      ["consumer", "database", "source"],
      ({ consumers }) =>
        consumers.map(({ consumer, database, source, events }) => ({
          labels: { consumer, database, source },
          value: events,
        })),
    ),
  ];
  return () => {
    for (const name of names) metrics.removeSingleMetric(name);
  };
}
