import { authEvents } from "./auth.ts";
import type { Catalogue, EventDefinition } from "./catalogue.ts";
import { federationEvents } from "./federation.ts";
import { monitoringEvents } from "./monitoring.ts";
import { schedulerEvents } from "./scheduler.ts";
import { vmsEvents } from "./vms.ts";

/** Every event there is, by the database that writes it. docs/events.md says the same for people; a test compares. */
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
  /** The database that wrote it. */
  source: EventSource;
  /** Where it stands in that database's log. */
  transaction: number;
  id: number;
  /** The same however often and on whatever way it arrives: what consumers drop repeats by. */
  eventId: string;
  type: EventType;
  /** Of the payload's form. */
  version: number;
  tenantId: string;
  /** The GraphQL type and key of what changed. */
  entityType: string;
  entityKey: string;
  /** Counts the writes of the entity: of two events of one entity the higher one is later. 0 where nobody counts. */
  entityVersion: number;
  /** When it was written, inside its transaction; ISO 8601. */
  occurredAt: string;
  /** Who did it: `user:<id>`, `service:<name>`, `job:<name>`, `command:<name>`; null when nobody said. */
  actor: string | null;
  requestId: string | null;
  payload: Readonly<Record<string, unknown>>;
}
