import type { WriteTx } from "#db/client.ts";
import { isNameTaken } from "#db/vms/lifecycle-writes.ts";
import type { VmRow } from "#db/vms/schema/vms.ts";
import { userError } from "#lib/graphql/user-errors.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { type Outcome, type Refused, refused } from "#subgraphs/use-case.ts";
import { overQuota, type Quota, quotaOf, usageOf } from "../creation/quota.ts";
import type { UserErrorCode } from "../generated/enums.ts";
import { type ActionValue, beginAction, type ReasonedRequest, reasonOf } from "../lifecycle/begin-action.ts";
import { ofWorkersAlone } from "../operations/machinery.ts";
import { requestedAmounts } from "../operations/requested-amounts.ts";
import type { VmsServices } from "../services.ts";
import { nameTaken, type UndeleteInput, undeleteVmOperation } from "./undelete-vm-operation.ts";

const definition = undeleteVmOperation(ofWorkersAlone);

/** Brings a deleted VM back, stopped, until its machine is purged. */
export async function undeleteVm(
  services: VmsServices,
  request: RequestContext,
  asked: ReasonedRequest,
): Promise<Outcome<ActionValue, UserErrorCode>> {
  const reason = reasonOf(asked);
  // Called before the transaction: nothing waits for another service with a connection.
  const quota = await quotaOf(services, request);
  return beginAction<UndeleteInput>(services, request, asked, {
    action: "undelete",
    definition,
    made: ["nodeId", "resources", "tags", "quota"],
    inputOf: ({ id, nodeId, resourceConfig, tags }) => ({
      vmId: id,
      // Without one the action is not possible.
      nodeId: nodeId ?? "",
      resources: requestedAmounts(resourceConfig),
      tags,
      quota,
      reason,
    }),
    refusalIn: (tx, vm) => refusalBesideOthers(tx, vm, quota),
  });
}

async function refusalBesideOthers(
  tx: WriteTx,
  { name, resourceConfig }: VmRow,
  quota: Quota,
): Promise<Refused<UserErrorCode> | undefined> {
  if (await isNameTaken(tx, name)) return refused(userError("NAME_TAKEN", "vmId", nameTaken));
  const exceeded = await overQuota(tx, quota, usageOf(requestedAmounts(resourceConfig)));
  return exceeded.length > 0 ? refused(...exceeded.map((error) => ({ ...error, field: ["vmId"] }))) : undefined;
}
