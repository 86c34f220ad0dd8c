import { z } from "zod";

/** One type of event, as its domain promises it to everybody else. */
export interface EventDefinition {
  /** Goes up when a payload changes so that a reader of the old one would misread it. */
  version: number;
  /** The GraphQL type of what changed; with the key it names the entity whose caches are out of date. */
  entity: string;
  /** When it is written. */
  description: string;
  payload: z.ZodObject;
}

export type Catalogue = Readonly<Record<string, EventDefinition>>;

/** The payload of an event in the product's code. */
export type PayloadOf<Definition extends EventDefinition> = z.output<Definition["payload"]>;

/** What an event may say at most, in bytes of JSON: below what a notification or a stream entry takes. */
export const maxPayloadBytes = 8_000;

/**
 * The two events of an entity whose row is written: `<name>.created` and `<name>.updated`, with the same payload, the parts of
 * the row that others care about, as they are after the write.
 */
export const entityEvents = <const Name extends string, Shape extends z.ZodRawShape>(
  name: Name,
  entity: string,
  subject: string,
  shape: Shape,
) => {
  const payload = z.object(shape);
  return {
    [`${name}.created`]: { version: 1, entity, description: `${subject} came into being.`, payload },
    [`${name}.updated`]: { version: 1, entity, description: `${subject} changed.`, payload },
  } as Record<`${Name}.created` | `${Name}.updated`, EventDefinition & { payload: z.ZodObject<Shape> }>;
};

/** The same of an entity whose row can be removed, with the payload that it had: `<name>.deleted`. */
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

/** The one event of an entity that is written once and never changed. */
export const recordEvent = <const Name extends string, Shape extends z.ZodRawShape>(
  name: Name,
  entity: string,
  subject: string,
  shape: Shape,
) => {
  const definition = { version: 1, entity, description: `${subject} was recorded.`, payload: z.object(shape) };
  return { [`${name}.created`]: definition } as Record<`${Name}.created`, typeof definition>;
};

/** Ids of one event that names many entities: so many that the payload stays below its limit. */
export const maxNamedEntities = 200;

export const id = z.uuid();
export const idOrNull = z.uuid().nullable();
export const text = z.string();
export const textOrNull = z.string().nullable();
export const tags = z.record(z.string(), z.string());
/** ISO 8601 in UTC. */
export const time = z.iso.datetime();
export const timeOrNull = time.nullable();
