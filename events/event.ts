import { authEvents } from "./auth.ts";
import type { Catalogue, EventDefinition } from "./catalogue.ts";
import { federationEvents } from "./federation.ts";
import { monitoringEvents } from "./monitoring.ts";
import { schedulerEvents } from "./scheduler.ts";
import { vmsEvents } from "./vms.ts";

/** All events, by the database that writes them. docs/events.md lists the same for readers; a test compares the two. */
export const eventCatalogue = {
  auth: authEvents,
  vms: vmsEvents,
  monitoring: monitoringEvents,
  federation: federationEvents,
  scheduler: schedulerEvents,
} as const satisfies Record<string, Catalogue>;

export type EventSource = keyof typeof eventCatalogue;
export type EventType<Source extends EventSource = EventSource> = Source extends EventSource
  ? keyof (typeof eventCatalogue)[Source] & string
  : never;

export const eventSources = Object.keys(eventCatalogue) as EventSource[];

/** @throws Error for a type that the source's catalogue does not have */
export function eventDefinition(source: EventSource, type: string): EventDefinition {
  const definition = (eventCatalogue[source] as Catalogue)[type];
  if (!definition) throw new Error(`The ${source} domain has no event ${type}.`);
  return definition;
}

/** An event as it is read from a log. */
export interface Event {
  /** The database that wrote the event. */
  source: EventSource;
  /** Together with `id`, the position of the event in that database's log. */
  transaction: number;
  id: number;
  /** The same for every delivery of the event, on every path. Consumers detect repeated deliveries by it. */
  eventId: string;
  type: EventType;
  /** The version of the payload's shape. */
  version: number;
  tenantId: string;
  /** The GraphQL type and key of the changed entity. */
  entityType: string;
  entityKey: string;
  /** Counts the writes of the entity: of two events of one entity, the one with the higher version is later. 0 where writes are not counted. */
  entityVersion: number;
  /** When the event was written, inside its transaction; ISO 8601. */
  occurredAt: string;
  /** The actor of the change: `user:<id>`, `service:<name>`, `job:<name>` or `command:<name>`; null when none was given. */
  actor: string | null;
  requestId: string | null;
  payload: Readonly<Record<string, unknown>>;
}
