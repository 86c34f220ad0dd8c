import { z } from "zod";

/** One type of event: the contract between its domain and all consumers. */
export interface EventDefinition {
  /** Increases when the payload changes in a way that a reader of the old payload would misread. */
  version: number;
  /** The GraphQL type of the changed entity. With the key it identifies the entity whose cache entries are out of date. */
  entity: string;
  /** When the event is written. */
  description: string;
  payload: z.ZodObject;
}

export type Catalogue = Readonly<Record<string, EventDefinition>>;

/** The TypeScript type of an event's payload. */
export type PayloadOf<Definition extends EventDefinition> = z.output<Definition["payload"]>;

/** The maximum size of a payload in bytes of JSON: below the limit of a notification and of a stream entry. */
export const maxPayloadBytes = 8_000;

/**
 * Defines the two events of an entity whose row is written: `<name>.created` and `<name>.updated`. Both have the same payload:
 * the columns of the row that consumers need, with their values after the write.
 */
export const entityEvents = <const Name extends string, Shape extends z.ZodRawShape>(
  name: Name,
  entity: string,
  subject: string,
  shape: Shape,
) => {
  const payload = z.object(shape);
  return {
    [`${name}.created`]: { version: 1, entity, description: `${subject} was created.`, payload },
    [`${name}.updated`]: { version: 1, entity, description: `${subject} changed.`, payload },
  } as Record<`${Name}.created` | `${Name}.updated`, EventDefinition & { payload: z.ZodObject<Shape> }>;
};

/** Defines, in addition, the event of an entity whose row can be deleted: `<name>.deleted`, with the last payload of the row. */
export const removableEvents = <const Name extends string, Shape extends z.ZodRawShape>(
  name: Name,
  entity: string,
  subject: string,
  shape: Shape,
) => {
  const definition = { version: 1, entity, description: `${subject} was removed.`, payload: z.object(shape) };
  return {
    ...entityEvents(name, entity, subject, shape),
    ...({ [`${name}.deleted`]: definition } as Record<`${Name}.deleted`, typeof definition>),
  };
};

/** Defines the only event of an entity that is written once and never changed. */
export const recordEvent = <const Name extends string, Shape extends z.ZodRawShape>(
  name: Name,
  entity: string,
  subject: string,
  shape: Shape,
) => {
  const definition = { version: 1, entity, description: `${subject} was recorded.`, payload: z.object(shape) };
  return { [`${name}.created`]: definition } as Record<`${Name}.created`, typeof definition>;
};

/** The maximum number of ids in one event that names many entities, so that the payload stays below its limit. */
export const maxNamedEntities = 200;

export const id = z.uuid();
export const idOrNull = z.uuid().nullable();
export const text = z.string();
export const textOrNull = z.string().nullable();
export const tags = z.record(z.string(), z.string());
/** ISO 8601 in UTC. */
export const time = z.iso.datetime();
export const timeOrNull = time.nullable();
