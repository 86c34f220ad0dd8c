import type { Entity } from "#db/entity.ts";
import type { EventType } from "#events/event.ts";
import { found } from "#lib/graphql/arguments.ts";
import { isHeld, type Undecided } from "#lib/live/list-filter.ts";
import type { LiveField } from "#lib/live/live-field.ts";
import { type EntityContext, loadersOf } from "#lib/subgraph/entity-resolvers.ts";

interface NewRows {
  /** The entity's type. */
  type: string;
  entity: Pick<Entity<unknown>, "list">;
  /** The event that is written with each row. */
  event: Extract<EventType, `${string}.created`>;
  /** What a row is called in errors. */
  noun: string;
}

/**
 * Returns the field of `Subscription` that emits each new row of an entity: exactly those that the entity's list with the field's filter contains right after
 * the change. The row is read when its event is emitted.
 */
export const newRows = ({
  type,
  entity,
  event,
  noun,
}: NewRows): LiveField<
  { filter?: Readonly<Record<string, unknown>> | null },
  EntityContext,
  { id: string } & Undecided,
  unknown
> => ({
  types: [event],
  valuesFor: ({ filter }) => {
    const isListed = entity.list.rowFilter(filter);
    return ({ entityKey: id, occurredAt, payload }) => {
      const undecided = isListed({ ...payload, id }, new Date(occurredAt));
      return undecided ? [{ id, undecided }] : [];
    };
  },
  admits: (row, { filter }, context) => isHeld(row, filter, (rest) => loadersOf(context, type).isListed(row.id, rest)),
  resolve: async ({ id }, _args, context) => found(await loadersOf(context, type).load(id), noun),
});
