import { found, validId } from "#lib/arguments.ts";
import { grants } from "#lib/request-context.ts";
import { revokeApiKey as revoke } from "../../api-keys/api-keys.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const revokeApiKey: MutationResolvers["revokeApiKey"] = async (_root, { input }, context) => {
  const { request, services } = context;
  const mayRevokeAny = grants(request.identity.permissions, "api_key:revoke");
  const apiKey = await revoke(services, request, validId(input.id, "input.id"), mayRevokeAny);
  context.written();
  return { apiKey: found(apiKey ?? null, "API key"), userErrors: [] };
};
