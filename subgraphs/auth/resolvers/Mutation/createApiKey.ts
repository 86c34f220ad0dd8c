import { validId } from "#lib/graphql/arguments.ts";
import { createApiKey as create } from "../../api-keys/api-keys.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const createApiKey: MutationResolvers["createApiKey"] = async (_root, { input }, context) => {
  const made = await create(context.services, context.request, {
    name: input.name,
    scopes: input.scopes,
    expiresAt: input.expiresAt ?? null,
    rateLimitPerMinute: input.rateLimitPerMinute ?? 1_000,
    tenantId: input.tenantId ? validId(input.tenantId, "input.tenantId") : null,
  });
  if (Array.isArray(made)) return { key: null, apiKey: null, userErrors: made };
  context.written();
  return { ...made, userErrors: [] };
};
