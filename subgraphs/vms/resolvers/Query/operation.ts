import { found, validId } from "#lib/graphql/arguments.ts";
import { domainOfOperation } from "#lib/operations/operation-id.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";
import { operationOf } from "../Operation.ts";

export const operation: QueryResolvers["operation"] = async (_root, args, context) => {
  const id = validId(args.id, "id");
  // An operation of another domain is known here a moment after its start.
  if (domainOfOperation(id) !== "vms") found(await context.loaders.Operation.load(id), "operation");
  return found(await operationOf(context, id), "operation");
};
