import type { VmStateTransitionRow } from "#db/vms/schema/vm-state-transitions.ts";
import type { EventOf } from "#events/event.ts";
import { found } from "#lib/graphql/arguments.ts";
import type { LiveField } from "#lib/live/live-field.ts";
import { idFilter, tagFilter, valueFilter } from "#lib/live/subscription-filters.ts";
import type { VmsContext } from "../../context.ts";
import type { SubscriptionVmStateChangedArgs } from "../../generated/resolvers.ts";

/** Emits transitions. They never change, so the row of an event is the same whenever it is read. */
export const vmStateChanged: LiveField<
  SubscriptionVmStateChangedArgs,
  VmsContext,
  { id: string },
  Promise<VmStateTransitionRow>,
  EventOf<"vm_state_transition.created">
> = {
  types: ["vm_state_transition.created"],
  valuesFor: ({ filter }) => {
    const vm = idFilter(filter?.vm, "filter.vm");
    const from = valueFilter<string | null>(filter?.fromState);
    const to = valueFilter<string>(filter?.toState);
    const node = idFilter(filter?.node, "filter.node");
    const owner = idFilter(filter?.owner, "filter.owner");
    const tags = tagFilter(filter?.tags, "filter.tags");
    return ({ entityKey, payload }) => {
      const { vmId, fromState, toState, nodeId, ownerId, tags: held } = payload;
      const isWanted =
        vm(vmId) &&
        from(fromState) &&
        to(toState) &&
        // An older event without these fields is emitted, because it may match.
        (nodeId === undefined || node(nodeId)) &&
        (ownerId === undefined || owner(ownerId)) &&
        (held === undefined || tags(held));
      return isWanted ? [{ id: entityKey }] : [];
    };
  },
  resolve: async ({ id }, _args, { loaders }) => found(await loaders.VmStateTransition.load(id), "transition"),
};
