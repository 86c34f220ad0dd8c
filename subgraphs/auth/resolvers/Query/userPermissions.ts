import { permissionsOfUser } from "#db/auth/credentials.ts";
import { validId } from "#lib/graphql/arguments.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const userPermissions: QueryResolvers["userPermissions"] = async (_root, { userId }, { services }) =>
  (await permissionsOfUser(services.system, validId(userId, "userId"))) ?? null;
