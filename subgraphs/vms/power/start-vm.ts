import { userError } from "#lib/graphql/user-errors.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { type Outcome, refused, type Services } from "#subgraphs/use-case.ts";
import type { UserErrorCode } from "../generated/enums.ts";
import { type ActionValue, beginAction, type ReasonedRequest, reasonOf } from "../lifecycle/begin-action.ts";
import { ofWorkersAlone } from "../operations/machinery.ts";
import { requestedAmounts } from "../operations/requested-amounts.ts";
import { type StartInput, startVmOperation } from "./start-vm-operation.ts";

const definition = startVmOperation(ofWorkersAlone);

/** Starts a VM that is stopped, on a node that suits it now. */
export function startVm(
  services: Services,
  request: RequestContext,
  asked: ReasonedRequest,
): Promise<Outcome<ActionValue, UserErrorCode>> {
  const reason = reasonOf(asked);
  return beginAction<StartInput>(services, request, asked, {
    action: "start",
    definition,
    made: ["nodeId", "resources", "tags"],
    inputOf: ({ id, nodeId, resourceConfig, tags }) =>
      nodeId === null
        ? refused(userError("VM_NOT_PLACED", "vmId"))
        : { vmId: id, nodeId, resources: requestedAmounts(resourceConfig), tags, reason },
  });
}
