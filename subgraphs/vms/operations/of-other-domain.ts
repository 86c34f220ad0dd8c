import { z } from "zod";
import type { OperationDomain } from "#lib/operations/operation-id.ts";
import type { ServiceRequest } from "#lib/subgraph/service-calls.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { scopeOf } from "#subgraphs/use-case.ts";
import type { VmsServices } from "../services.ts";

/**
 * Calls the subgraph of another domain about one of its operations, in the tenant of the request. The caller's rights were checked here: the other subgraph
 * grants what it grants to this service.
 * @param request selects `result`, which has the given shape
 */
export async function ofOtherDomain<Result>(
  { calls }: VmsServices,
  request: RequestContext,
  domain: OperationDomain,
  { shape, ...selection }: ServiceRequest<Result>,
): Promise<Result> {
  const { tenantId, actor } = scopeOf(request);
  const context = {
    tenantId,
    requestId: request.requestId,
    deadline: request.deadline,
    signal: new AbortController().signal,
    onBehalfOf: actor,
  };
  return (await calls.call(domain, { ...selection, shape: z.object({ result: shape }) }, context)).result;
}
