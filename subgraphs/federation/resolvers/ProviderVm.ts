import { moneyOf } from "#lib/graphql/money.ts";
import { tagList } from "#lib/tags.ts";
import type { ProviderVmResolvers } from "../generated/resolvers.ts";

export const ProviderVm: ProviderVmResolvers = {
  vm: ({ localVmId }) => ({ id: localVmId }),
  costPerHour: ({ costPerHour, currency }) => moneyOf(costPerHour, currency),
  tags: ({ tags }) => tagList(tags),
  lastSyncAt: ({ lastSync }) => lastSync,
};
