import { found, validId } from "#lib/arguments.ts";
import { updateRole as update } from "../../roles/roles.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const updateRole: MutationResolvers["updateRole"] = async (_root, { input }, context) => {
  const role = found(await context.loaders.roleById.load(validId(input.id, "input.id")), "role");
  const changed = await update(context.services, context.request, role, {
    name: input.name ?? role.name,
    description: input.description === undefined ? role.description : input.description,
    permissions: input.permissions ?? role.permissions,
  });
  if (Array.isArray(changed)) return { role: null, userErrors: changed };
  context.written();
  return { role: found(changed ?? null, "role"), userErrors: [] };
};
