import { permissionsOfUser } from "#db/auth/credentials.ts";
import { validId } from "#lib/graphql/arguments.ts";
import { grants } from "#lib/trust/request-context.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const checkPermission: QueryResolvers["checkPermission"] = async (
  _root,
  { userId, permission },
  { services },
) => {
  const held = await permissionsOfUser(services.system, validId(userId, "userId"));
  return held ? grants(held, permission) : null;
};
