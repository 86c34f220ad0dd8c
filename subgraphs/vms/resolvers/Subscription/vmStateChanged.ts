import type { VmStateTransitionRow } from "#db/vms/schema/vm-state-transitions.ts";
import { vmStateTransitionEntity } from "#db/vms/vm-state-transitions.ts";
import type { EventOf } from "#events/event.ts";
import { found } from "#lib/graphql/arguments.ts";
import { isHeld, type Undecided } from "#lib/live/list-filter.ts";
import type { LiveField } from "#lib/live/live-field.ts";
import type { VmsContext } from "../../context.ts";
import type { SubscriptionVmStateChangedArgs } from "../../generated/resolvers.ts";

/** Emits transitions. They never change, so the row of an event is the same whenever it is read. */
export const vmStateChanged: LiveField<
  SubscriptionVmStateChangedArgs,
  VmsContext,
  { id: string } & Undecided,
  Promise<VmStateTransitionRow>,
  EventOf<"vm_state_transition.created">
> = {
  types: ["vm_state_transition.created"],
  valuesFor: ({ filter }) => {
    const isListed = vmStateTransitionEntity.list.rowFilter(filter);
    return ({ entityKey: id, occurredAt, payload }) => {
      const undecided = isListed({ ...payload, id }, new Date(occurredAt));
      return undecided ? [{ id, undecided }] : [];
    };
  },
  admits: (transition, { filter }, { loaders }) =>
    isHeld(transition, filter, (rest) => loaders.VmStateTransition.isListed(transition.id, rest)),
  resolve: async ({ id }, _args, { loaders }) => found(await loaders.VmStateTransition.load(id), "transition"),
};
