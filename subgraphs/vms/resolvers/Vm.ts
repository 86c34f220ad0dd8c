import { tagList } from "#lib/tags.ts";
import type { VmResolvers } from "../generated/resolvers.ts";
import { operationOf } from "./Operation.ts";

export const Vm: VmResolvers = {
  resources: ({ resourceConfig }) => resourceConfig,
  operation: async ({ id }, _args, context) => {
    const slot = await context.loaders.slotOfVm.load(id);
    return slot && operationOf(context, slot.operationId);
  },
  tags: ({ tags }) => tagList(tags),
};
