import { z } from "zod";
import { found, validId } from "#lib/graphql/arguments.ts";
import { domainOfOperation, operationType } from "#lib/operations/operation-id.ts";
import type { VmsContext } from "../../context.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";
import { ofOtherDomain } from "../../operations/of-other-domain.ts";
import { operationOf } from "../Operation.ts";

export const operation: QueryResolvers["operation"] = async (_root, args, context) => {
  const id = validId(args.id, "id");
  if (!(await isThere(id, context))) return found<never>(undefined, "operation");
  return found(await operationOf(context, id), "operation");
};

async function isThere(id: string, { loaders, services, request }: VmsContext): Promise<boolean> {
  const domain = domainOfOperation(id);
  if (!domain) return false;
  // A new operation of another domain is in the projection a moment later.
  if (domain === "vms" || (await loaders.Operation.load(id))) return true;
  return ofOtherDomain(services, request, domain, {
    query: `query ($id: ID!) { result: has${operationType(domain)}(id: $id) }`,
    variables: { id },
    shape: z.boolean(),
  });
}
