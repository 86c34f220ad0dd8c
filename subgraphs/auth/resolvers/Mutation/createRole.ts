import { createRole as create } from "../../roles/roles.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const createRole: MutationResolvers["createRole"] = async (_root, { input }, context) => {
  const { name, description = null, permissions } = input;
  const made = await create(context.services, context.request, { name, description, permissions });
  if (Array.isArray(made)) return { role: null, userErrors: made };
  context.written();
  return { role: made, userErrors: [] };
};
