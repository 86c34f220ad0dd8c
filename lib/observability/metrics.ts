import { Counter, Histogram, Registry } from "prom-client";

/** The product's own metrics, in the format of Prometheus. Labels are bounded: databases, consumers, buses; never tenants or ids. */
export const metrics = new Registry();

export const eventsRelayed = new Counter({
  name: "novacron_events_relayed_total",
  help: "Events that the relay of a database has announced.",
  labelNames: ["database"],
  registers: [metrics],
});

export const relayFailures = new Counter({
  name: "novacron_event_relay_failures_total",
  help: "Times that the relay of a database lost its connection or could not send an announcement to a bus.",
  labelNames: ["database"],
  registers: [metrics],
});

export const eventsConsumed = new Counter({
  name: "novacron_events_consumed_total",
  help: "Events that a consumer has processed, without repeated deliveries.",
  labelNames: ["consumer", "database"],
  registers: [metrics],
});

export const eventsRepeated = new Counter({
  name: "novacron_events_repeated_total",
  help: "Events that a consumer has dropped because it had processed them before.",
  labelNames: ["consumer", "database"],
  registers: [metrics],
});

export const eventDelay = new Histogram({
  name: "novacron_event_delay_seconds",
  help: "From the writing of an event to the end of its consumer's transaction.",
  labelNames: ["consumer"],
  buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 600],
  registers: [metrics],
});
