import { createUser as create, roleOf } from "../../users/users.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const createUser: MutationResolvers["createUser"] = async (_root, { input }, context) => {
  const made = await create(context.services, context.request, {
    username: input.username,
    email: input.email,
    role: input.role ? roleOf(input.role) : "user",
    password: input.password ?? null,
  });
  if (Array.isArray(made)) return { user: null, password: null, userErrors: made };
  context.written();
  return { ...made, userErrors: [] };
};
