import { domainOfOperation, operationType } from "#lib/operations/operation-id.ts";
import type { VmsContext } from "../context.ts";
import type {
  OperationConnectionResolvers,
  OperationEdgeResolvers,
  OperationResolvers,
} from "../generated/resolvers.ts";
import type { Operation as OperationValue } from "../mappers.ts";

/** Returns an operation: its row, or a reference to that of another domain. Null when this domain should have it and does not. */
export const operationOf = async ({ loaders }: VmsContext, id: string): Promise<OperationValue | null> =>
  domainOfOperation(id) === "vms" ? loaders.VmsOperation.load(id) : { id };

export const Operation: OperationResolvers = {
  __resolveType: ({ id }) => {
    const domain = domainOfOperation(id);
    if (!domain) throw new Error(`The operation ${id} names no domain.`);
    return operationType(domain);
  },
};

export const OperationConnection: OperationConnectionResolvers = {
  nodes: ({ edges }, _args, context) => Promise.all(edges.map(({ node }) => operationOf(context, node.id))),
};

export const OperationEdge: OperationEdgeResolvers = {
  node: ({ node }, _args, context) => (node ? operationOf(context, node.id) : null),
};

type PayloadWithOperation = { operation?: { id: string } | null | undefined };
const fields = {
  operation: ({ operation }: PayloadWithOperation, _args: unknown, context: VmsContext) =>
    operation ? operationOf(context, operation.id) : null,
};

/** Returns the resolvers of payloads that have an operation beside other fields: use cases return its id. */
export const payloadsWithOperation = <const Type extends string>(types: readonly Type[]) =>
  Object.fromEntries(types.map((type) => [type, fields])) as Record<Type, typeof fields>;
