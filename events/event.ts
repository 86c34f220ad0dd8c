import { authEvents } from "./auth.ts";
import type { Catalogue, EventDefinition, PayloadOf, ReadPayloadOf } from "./catalogue.ts";
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

/** The definitions by type alone: a type is unique over all domains. */
const definitions = { ...authEvents, ...vmsEvents, ...monitoringEvents, ...federationEvents, ...schedulerEvents };
type Definitions = typeof definitions;

/** The payload that a writer of this event appends. */
export type EventPayload<Type extends EventType> = Readonly<PayloadOf<Definitions[Type]>>;

/** The entities that the events `<entity>.created`, `.updated` and `.deleted` are named after. */
export type EntityName = EventType extends infer Type ? (Type extends `${infer Name}.created` ? Name : never) : never;

/** What can happen to the rows of an entity: `created`, and `updated` and `deleted` where the catalogue has these events. */
export type ChangeOf<Entity extends EntityName> =
  Extract<EventType, `${Entity}.${string}`> extends `${string}.${infer Change}` ? Change : never;

/** Returns the names of the properties in an entity's payload, which all events of the entity share. */
export const payloadProperties = (entity: EntityName): readonly string[] =>
  Object.keys(definitions[`${entity}.created`].payload.shape);

/** Entities that events were named after before. A log has their events for as long as it keeps what the previous release wrote. */
const formerEntities: Readonly<Record<string, EntityName | "instance_prices" | "vm_metrics" | "node_metrics">> = {
  allocation: "resource_allocation",
  audit_entry: "auth_audit_entry",
  dataset_import: "metric_import",
  node: "cluster_node",
  node_samples: "node_metrics",
  prices: "instance_prices",
  provider: "cloud_provider",
  quota: "tenant_quota",
  scheduling_decision: "placement_decision",
  session: "user_session",
  vm_samples: "vm_metrics",
};

/** Returns the type of a stored event under its present name. */
export function presentType(stored: string): EventType {
  const [entity = "", change = ""] = stored.split(".");
  return `${formerEntities[entity] ?? entity}.${change}` as EventType;
}

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

/** An event of one of these types, with its payload as the catalogue defines it. */
export type EventOf<Type extends EventType> = {
  [Each in Type]: Omit<Event, "type" | "payload"> & { type: Each; payload: Readonly<ReadPayloadOf<Definitions[Each]>> };
}[Type];

/** Returns whether an event is of one of these types. */
export const isEventOf = <Type extends EventType>(
  event: Event,
  ...types: readonly Type[]
): event is Event & EventOf<Type> => (types as readonly EventType[]).includes(event.type);
