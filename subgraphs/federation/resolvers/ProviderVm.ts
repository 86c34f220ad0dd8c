import { tagList } from "#lib/tags.ts";
import type { ProviderVmResolvers } from "../generated/resolvers.ts";

export const ProviderVm: ProviderVmResolvers = {
  vm: ({ localVmId }) => ({ id: localVmId }),
  tags: ({ tags }) => tagList(tags),
  lastSyncAt: ({ lastSync }) => lastSync,
};
