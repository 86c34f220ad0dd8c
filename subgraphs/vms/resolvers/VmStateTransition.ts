import type { VmStateTransitionResolvers } from "../generated/resolvers.ts";
import { operationOf } from "./Operation.ts";

export const VmStateTransition: VmStateTransitionResolvers = {
  operation: ({ operationId }, _args, context) => (operationId === null ? null : operationOf(context, operationId)),
};
