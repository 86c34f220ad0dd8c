import { found, validId } from "#lib/graphql/arguments.ts";
import { isUserError } from "#lib/graphql/user-errors.ts";
import { rotateApiKey as rotate } from "../../api-keys/api-keys.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const rotateApiKey: MutationResolvers["rotateApiKey"] = async (_root, { input }, context) => {
  const id = validId(input.id, "input.id");
  const rotated = await rotate(context.services, context.request, id, input.overlap ?? "P1D");
  if (isUserError(rotated)) return { key: null, apiKey: null, replaced: null, userErrors: [rotated] };
  context.written();
  return { ...found(rotated ?? null, "API key"), userErrors: [] };
};
