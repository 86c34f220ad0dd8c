import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const authAuditLog: QueryResolvers["authAuditLog"] = (_root, args, { loaders }, info) =>
  loaders.auditEntries(args, selects(info, "totalCount"));
