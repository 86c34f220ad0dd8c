import { stringifyJson } from "#lib/exact-json.ts";
import type { CompiledOperation } from "../execution/compile-operation.ts";
import type { SharedSubscription } from "./stream.ts";

/** A subscription request; its identity has an id where the events depend on the user. */
export interface RequestedSubscription extends Omit<SharedSubscription, "operation"> {
  /** The operation as planned for this identity. */
  operation: CompiledOperation;
  /** The supergraph of the plan: the one that the gateway served at the time of the request. */
  supergraph: object;
  /** The text and the operation name, with which it is planned again for another supergraph. */
  text: string;
  operationName: string | undefined;
  /** The cursor to resume from. */
  after?: unknown;
}

/** Returns a key that is equal for subscribers with the same request and the same rights. */
export const sharingKey = ({ text, operationName = "", variables, identity }: RequestedSubscription): string => {
  const { kind, id, tenantId, userTenantId = "", permissions } = identity;
  const rights = [kind, id, tenantId, userTenantId, ...permissions.toSorted()];
  return stringifyJson([rights, operationName, variables, text]) ?? "";
};
