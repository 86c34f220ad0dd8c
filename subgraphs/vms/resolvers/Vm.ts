import { tagList } from "#lib/tags.ts";
import type { VmResolvers } from "../generated/resolvers.ts";

export const Vm: VmResolvers = {
  resources: ({ resourceConfig }) => resourceConfig,
  tags: ({ tags }) => tagList(tags),
};
