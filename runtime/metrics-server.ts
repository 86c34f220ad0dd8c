import { Gauge } from "prom-client";
import { operationFigures, type OperationFigures } from "#db/operations/figures.ts";
import { metrics } from "#lib/observability/metrics.ts";
import { listenMetrics, type MetricsServer } from "#lib/observability/metrics-server.ts";
import type { Databases } from "./databases.ts";
import { type EventLag, eventLag } from "./events/lag.ts";

/** Serves the product's metrics, those of the databases' event logs and operations included, where a port is given for them. */
export async function serveMetrics(
  systems: Databases,
  { host, port }: { host: string; port: number | undefined },
  print: (line: string) => void,
): Promise<Pick<MetricsServer, "close"> | undefined> {
  if (port === undefined) return undefined;
  const names = [...lagGauges(systems), ...operationGauges(systems)];
  const { url, close } = await listenMetrics(host, port);
  print(`figures for Prometheus are at ${url}`);
  return {
    close: () => {
      for (const name of names) metrics.removeSingleMetric(name);
      return close();
    },
  };
}

type AddGauge<Figures> = <Label extends string>(
  name: string,
  help: string,
  labelNames: readonly Label[],
  values: (figures: Figures) => { labels: Record<Label, string>; value: number }[],
) => string;

/**
 * Returns how to add gauges whose values come from the same figures. These are read once for all of them, each time Prometheus scrapes. While they cannot be
 * read, because a database is unavailable, the gauges have no values.
 */
function gaugesOf<Figures>(read: () => Promise<Figures>): AddGauge<Figures> {
  let reading: Promise<Figures | undefined> | undefined;
  const readOnce = () =>
    (reading ??= read()
      .catch(() => undefined)
      .finally(() => setImmediate(() => (reading = undefined))));
  return (name, help, labelNames, values) => {
    const measured = new Gauge({
      name,
      help,
      labelNames,
      registers: [metrics],
      collect: async () => {
        const figures = await readOnce();
        measured.reset();
        for (const { labels, value } of figures ? values(figures) : []) measured.set(labels, value);
      },
    });
    return name;
  };
}

function lagGauges(systems: Databases): string[] {
  const gauge = gaugesOf<EventLag>(() => eventLag(systems));
  return [
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
}

function operationGauges(systems: Databases): string[] {
  const gauge = gaugesOf<OperationFigures[]>(() => Promise.all(Object.values(systems).map(operationFigures)));
  return [
    gauge(
      "novacron_operations_due_seconds",
      "How long the oldest durable operation that a worker could continue has been waiting for one.",
      ["database"],
      (all) => all.map(({ database, dueSeconds }) => ({ labels: { database }, value: dueSeconds })),
    ),
    gauge(
      "novacron_operations_parked",
      "Durable operations that could be neither done nor undone, and wait for a person.",
      ["database", "kind"],
      (all) =>
        all.flatMap(({ database, parked }) =>
          parked.map(({ kind, count }) => ({ labels: { database, kind }, value: count })),
        ),
    ),
    gauge(
      "novacron_schedule_late_seconds",
      "How long a schedule has been due without its operation having started.",
      ["database", "schedule"],
      (all) =>
        all.flatMap(({ database, schedules }) =>
          schedules.map(({ name, lateSeconds }) => ({ labels: { database, schedule: name }, value: lateSeconds })),
        ),
    ),
    gauge(
      "novacron_schedule_skipped",
      "How often a schedule started its operation late because its last one still ran.",
      ["database", "schedule"],
      (all) =>
        all.flatMap(({ database, schedules }) =>
          schedules.map(({ name, skipped }) => ({ labels: { database, schedule: name }, value: skipped })),
        ),
    ),
  ];
}
