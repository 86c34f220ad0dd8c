import type { FetchNode } from "@apollo/query-planner";
import { OperationTypeNode, parse } from "graphql";
import { PublicError } from "#lib/errors.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { failedFields } from "./failed-fields.ts";
import { splitCall } from "./split-call.ts";
import type { CallRequest, Transport } from "../transport/transport.ts";
import type { CallSubgraph } from "./run.ts";

/** Returns the calls of one request. A call without a response resolves with a response in which each of its fields has failed. */
export function callsOver(
  transport: Transport,
  context: RequestContext,
  signal: AbortSignal,
  { fresh }: Pick<CallRequest, "fresh"> = {},
): CallSubgraph {
  return async ({ serviceName, operation: query, operationKind }: FetchNode, variables, numbersOf) => {
    const operation = operationKind === OperationTypeNode.QUERY ? "query" : "mutation";
    try {
      return await splitCall(variables, (part) =>
        transport.send(serviceName, { query, variables: part, operation, fresh, numbersOf }, context, signal),
      );
    } catch (error) {
      if (!(error instanceof PublicError)) throw error;
      return { data: null, errors: failedFields(parse(query), variables, error) };
    }
  };
}
