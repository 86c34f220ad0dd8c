import { found, validId } from "#lib/graphql/arguments.ts";
import { deleteRole as remove } from "../../roles/roles.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const deleteRole: MutationResolvers["deleteRole"] = async (_root, { input }, context) => {
  const removed = await remove(context.services, context.request, validId(input.id, "input.id"));
  if (Array.isArray(removed)) return { role: null, userErrors: removed };
  context.written();
  return { role: found(removed ?? null, "role"), userErrors: [] };
};
