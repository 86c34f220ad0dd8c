import { found, validId } from "#lib/graphql/arguments.ts";
import { updateRole as update } from "../../roles/roles.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const updateRole: MutationResolvers["updateRole"] = async (_root, { input }, context) => {
  const { id, name, description, permissions } = input;
  const changed = await update(context.services, context.request, validId(id, "input.id"), {
    name: name ?? undefined,
    description,
    permissions: permissions ?? undefined,
  });
  if (Array.isArray(changed)) return { role: null, userErrors: changed };
  context.written();
  return { role: found(changed ?? null, "role"), userErrors: [] };
};
