import { z } from "zod";

/** One type of event: the contract between its domain and all consumers. */
export interface EventDefinition<Shape extends z.ZodRawShape = z.ZodRawShape, Added extends string = string> {
  /** Increases when the payload changes in a way that a reader of the old payload would misread. */
  version: number;
  /** The GraphQL type of the changed entity. With the key it identifies the entity whose cache entries are out of date. */
  entity: string;
  /** When the event is written. */
  description: string;
  payload: z.ZodObject<Shape>;
  /** Properties that were added to the payload later: events that were written before lack them when they are read. */
  added: readonly Added[];
}

export type Catalogue = Readonly<Record<string, EventDefinition>>;

/** The payload of an event as it is written. */
export type PayloadOf<Definition> =
  Definition extends EventDefinition<infer Shape> ? z.output<z.ZodObject<Shape>> : never;

/** The payload of an event as it is read: an event that was written earlier may lack the properties that were added later. */
export type ReadPayloadOf<Definition> =
  Definition extends EventDefinition<z.ZodRawShape, infer Added>
    ? WithoutSome<PayloadOf<Definition>, Extract<Added, keyof PayloadOf<Definition>>>
    : never;

type WithoutSome<Payload, Added extends keyof Payload> = Omit<Payload, Added> & Partial<Pick<Payload, Added>>;

/** The maximum size of a payload in bytes of JSON: below the limit of a notification and of a stream entry. */
export const maxPayloadBytes = 8_000;

/** Defines an event. @param added the properties that events of an earlier release do not have */
export const defineEvent = <Shape extends z.ZodRawShape, const Added extends keyof Shape & string = never>(
  entity: string,
  description: string,
  shape: Shape,
  added: readonly Added[] = [],
): EventDefinition<Shape, Added> => ({ version: 1, entity, description, payload: z.object(shape), added });

/**
 * Defines the two events of an entity whose row is written: `<name>.created` and `<name>.updated`. Both have the same payload:
 * the columns of the row that consumers need, with their values after the write.
 */
export const entityEvents = <
  const Name extends string,
  Shape extends z.ZodRawShape,
  const Added extends keyof Shape & string = never,
>(
  name: Name,
  entity: string,
  subject: string,
  shape: Shape,
  added: readonly Added[] = [],
) =>
  ({
    [`${name}.created`]: defineEvent(entity, `${subject} was created.`, shape, added),
    [`${name}.updated`]: defineEvent(entity, `${subject} changed.`, shape, added),
  }) as Record<`${Name}.created` | `${Name}.updated`, EventDefinition<Shape, Added>>;

/** Defines, in addition, the event of an entity whose row can be deleted: `<name>.deleted`, with the last payload of the row. */
export const removableEvents = <
  const Name extends string,
  Shape extends z.ZodRawShape,
  const Added extends keyof Shape & string = never,
>(
  name: Name,
  entity: string,
  subject: string,
  shape: Shape,
  added: readonly Added[] = [],
) => ({
  ...entityEvents(name, entity, subject, shape, added),
  ...({ [`${name}.deleted`]: defineEvent(entity, `${subject} was removed.`, shape, added) } as Record<
    `${Name}.deleted`,
    EventDefinition<Shape, Added>
  >),
});

/** Defines the only event of an entity that is written once and never changed. */
export const recordEvent = <
  const Name extends string,
  Shape extends z.ZodRawShape,
  const Added extends keyof Shape & string = never,
>(
  name: Name,
  entity: string,
  subject: string,
  shape: Shape,
  added: readonly Added[] = [],
) =>
  ({ [`${name}.created`]: defineEvent(entity, `${subject} was recorded.`, shape, added) }) as Record<
    `${Name}.created`,
    EventDefinition<Shape, Added>
  >;

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
