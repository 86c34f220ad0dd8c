import { validateToken as validate } from "../../credentials/validate-token.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const validateToken: QueryResolvers["validateToken"] = async (_root, { token }, { services, request }) =>
  (await validate(services, request, token)) ?? null;
