import { validId } from "#lib/graphql/arguments.ts";
import { validateCredential as validate } from "../../credentials/validate-token.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const validateCredential: QueryResolvers["validateCredential"] = async (_root, { kind, id }, context) => {
  const key = { kind, id: validId(id, "id") };
  return (await validate(context.services, context.request, key)) ?? null;
};
