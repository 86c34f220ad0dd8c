import { InvalidArgument } from "#lib/errors.ts";
import { userError } from "#lib/graphql/user-errors.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { type Outcome, refused, type Services } from "#subgraphs/use-case.ts";
import type { UserErrorCode } from "../generated/enums.ts";
import { type ActionValue, beginAction, type ReasonedRequest, reasonOf } from "../lifecycle/begin-action.ts";
import { ruleOf } from "../lifecycle/lifecycle.ts";
import { ofWorkersAlone } from "../operations/machinery.ts";
import { type PowerAction, powerActions, type PowerInput, powerOperation } from "./power-operations.ts";

export interface StopRequest extends ReasonedRequest {
  /** Whether to cut the power instead of asking the guest. */
  forced?: boolean | null | undefined;
  /** How long the guest may take. */
  timeoutSeconds?: number | null | undefined;
}

type PowerOutcome = Promise<Outcome<ActionValue, UserErrorCode>>;

const definitions = Object.fromEntries(
  powerActions.map((action) => [action, powerOperation(ofWorkersAlone, action)]),
) as Record<PowerAction, ReturnType<typeof powerOperation>>;

const longestStopSeconds = 600;
const usualStopSeconds = 60;

const power =
  (action: PowerAction) =>
  (
    services: Services,
    request: RequestContext,
    asked: ReasonedRequest,
    withinMs: number | null = null,
  ): PowerOutcome => {
    const reason = reasonOf(asked);
    return beginAction<PowerInput>(services, request, asked, {
      action,
      definition: definitions[action],
      made: ["nodeId", "from", "to"],
      inputOf: ({ id, nodeId, state }) =>
        nodeId === null
          ? refused(userError("VM_NOT_PLACED", "vmId"))
          : { vmId: id, nodeId, from: state, to: ruleOf(action).to?.[0] ?? state, reason, withinMs },
    });
  };

/** Restarts the guest of a running VM, which stays running. */
export const rebootVm = power("reboot");
/** Halts the processors of a running VM. Its memory stays where it is. */
export const pauseVm = power("pause");
/** Continues a VM that is paused or suspended. */
export const resumeVm = power("resume");
/** Saves the memory of a running VM on disk, and frees it. */
export const suspendVm = power("suspend");
/** Starts a VM again that is in error. */
export const recoverVm = power("recover");

const shutDown = power("stop");
const cutPower = power("force_stop");

/**
 * Stops a VM: its guest is asked, or its power is cut.
 * @throws InvalidArgument for a time that is not from 1 to 600 seconds
 */
export function stopVm(services: Services, request: RequestContext, asked: StopRequest): PowerOutcome {
  const { forced = false, timeoutSeconds } = asked;
  const seconds = timeoutSeconds ?? usualStopSeconds;
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > longestStopSeconds)
    throw new InvalidArgument("input.timeoutSeconds", `is not a whole number from 1 to ${longestStopSeconds}.`);
  return forced ? cutPower(services, request, asked) : shutDown(services, request, asked, seconds * 1_000);
}
