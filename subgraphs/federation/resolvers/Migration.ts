import { moneyOf } from "#lib/graphql/money.ts";
import type { MigrationResolvers } from "../generated/resolvers.ts";

export const Migration: MigrationResolvers = {
  type: ({ migrationType }) => migrationType,
  plan: ({ migrationPlan }) => migrationPlan,
  estimatedCompletionAt: ({ estimatedCompletionTime }) => estimatedCompletionTime,
  costEstimate: ({ costEstimate, currency }) => moneyOf(costEstimate, currency),
  actualCost: ({ actualCost, currency }) => moneyOf(actualCost, currency),
};
