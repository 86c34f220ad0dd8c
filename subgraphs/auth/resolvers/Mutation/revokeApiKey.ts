import { found, validId } from "#lib/graphql/arguments.ts";
import { isUserError } from "#lib/graphql/user-errors.ts";
import { revokeApiKey as revoke } from "../../api-keys/api-keys.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const revokeApiKey: MutationResolvers["revokeApiKey"] = async (_root, { input }, context) => {
  const apiKey = await revoke(context.services, context.request, validId(input.id, "input.id"));
  if (isUserError(apiKey)) return { apiKey: null, userErrors: [apiKey] };
  context.written();
  return { apiKey: found(apiKey ?? null, "API key"), userErrors: [] };
};
