import { found, validId } from "#lib/graphql/arguments.ts";
import { isUserError } from "#lib/graphql/user-errors.ts";
import { createPasswordReset as create } from "../../passwords/change-password.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const createPasswordReset: MutationResolvers["createPasswordReset"] = async (_root, { input }, context) => {
  const reset = await create(context.services, context.request, validId(input.userId, "input.userId"));
  if (isUserError(reset)) return { code: null, expiresAt: null, userErrors: [reset] };
  return { ...found(reset ?? null, "user"), userErrors: [] };
};
