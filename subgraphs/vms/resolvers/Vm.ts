import { tagList } from "#lib/tags.ts";
import type { VmResolvers } from "../generated/resolvers.ts";
import { availableActions } from "../lifecycle/available-actions.ts";
import { operationOf } from "./Operation.ts";

export const Vm: VmResolvers = {
  resources: ({ resourceConfig }) => resourceConfig,
  operation: async ({ id }, _args, context) => {
    const slot = await context.loaders.slotOfVm.load(id);
    return slot && operationOf(context, slot.operationId);
  },
  availableActions: async (vm, _args, { loaders }) => availableActions(vm, await loaders.slotOfVm.load(vm.id)),
  tags: ({ tags }) => tagList(tags),
};
