import { revocationsAfter } from "../../credentials/revocations.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const credentialRevocations: QueryResolvers["credentialRevocations"] = (_root, { after }, { services }) =>
  revocationsAfter(services.system, after ?? undefined);
