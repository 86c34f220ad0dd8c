import type { VmStateTransitionRow } from "#db/vms/schema/vm-state-transitions.ts";
import type { PayloadOf } from "#events/catalogue.ts";
import type { vmsEvents } from "#events/vms.ts";
import { found } from "#lib/arguments.ts";
import type { LiveField } from "#lib/live-field.ts";
import { wantedIds, wantedTags, wantedValues } from "#lib/wanted.ts";
import type { VmsContext } from "../../context.ts";
import type { SubscriptionVmStateChangedArgs } from "../../generated/resolvers.ts";

const type = "vm_state_transition.created";
type Transition = PayloadOf<(typeof vmsEvents)[typeof type]>;

/** Transitions never change: the one that an event tells of is what happened, whenever it is read. */
export const vmStateChanged: LiveField<
  SubscriptionVmStateChangedArgs,
  VmsContext,
  { id: string },
  Promise<VmStateTransitionRow>
> = {
  types: [type],
  tell: ({ filter }) => {
    const vm = wantedIds(filter?.vm, "filter.vm");
    const from = wantedValues<string | null>(filter?.fromState);
    const to = wantedValues<string>(filter?.toState);
    const node = wantedIds(filter?.node, "filter.node");
    const owner = wantedIds(filter?.owner, "filter.owner");
    const tags = wantedTags(filter?.tags, "filter.tags");
    return ({ entityKey, payload }) => {
      const { vmId, fromState, toState, nodeId, ownerId, tags: held } = payload as Transition;
      const isWanted = vm(vmId) && from(fromState) && to(toState) && node(nodeId) && owner(ownerId) && tags(held);
      return isWanted ? [{ id: entityKey }] : [];
    };
  },
  resolve: async ({ id }, _args, { loaders }) => found(await loaders.transitionById.load(id), "transition"),
};
