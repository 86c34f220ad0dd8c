import { moneyOf } from "#lib/graphql/money.ts";
import { tagList } from "#lib/tags.ts";
import type { ProviderVmResolvers } from "../generated/resolvers.ts";

export const ProviderVm: ProviderVmResolvers = {
  tenant: ({ tenantId }) => ({ id: tenantId }),
  vm: ({ localVmId }) => ({ id: localVmId }),
  provider: ({ providerId }, _args, { loaders }) => loaders.providerById.load(providerId),
  costPerHour: ({ costPerHour, currency }) => moneyOf(costPerHour, currency),
  tags: ({ tags }) => tagList(tags),
  lastSyncAt: ({ lastSync }) => lastSync,
};
