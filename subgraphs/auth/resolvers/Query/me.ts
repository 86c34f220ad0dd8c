import type { QueryResolvers } from "../../generated/resolvers.ts";

export const me: QueryResolvers["me"] = (_root, _args, { loaders, request: { identity } }) =>
  identity.kind === "user" ? loaders.userById.load(identity.id) : null;
