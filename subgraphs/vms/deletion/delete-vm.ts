import type { RequestContext } from "#lib/trust/request-context.ts";
import type { Outcome, Services } from "#subgraphs/use-case.ts";
import type { UserErrorCode } from "../generated/enums.ts";
import { type ActionValue, beginAction, type ReasonedRequest, reasonOf } from "../lifecycle/begin-action.ts";
import { ofWorkersAlone } from "../operations/machinery.ts";
import { type DeleteInput, deleteVmOperation } from "./delete-vm-operation.ts";

const definition = deleteVmOperation(ofWorkersAlone);

/** Deletes a VM, in whatever state it is. It can be undeleted until its disks are purged. */
export function deleteVm(
  services: Services,
  request: RequestContext,
  asked: ReasonedRequest,
): Promise<Outcome<ActionValue, UserErrorCode>> {
  const reason = reasonOf(asked);
  return beginAction<DeleteInput>(services, request, asked, {
    action: "delete",
    definition,
    made: ["nodeId", "from"],
    inputOf: ({ id, nodeId, state }) => ({ vmId: id, nodeId, from: state, reason }),
  });
}
