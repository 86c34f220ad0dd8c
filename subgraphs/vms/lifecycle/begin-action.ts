import type { WriteTx } from "#db/client.ts";
import { operationOfKey, startOperation, type NewOperation } from "#db/operations/requests.ts";
import { type LockedVm, lockVm } from "#db/vms/lifecycle-writes.ts";
import type { VmRow } from "#db/vms/schema/vms.ts";
import { InvalidArgument } from "#lib/errors.ts";
import { userError } from "#lib/graphql/user-errors.ts";
import type { Json, OperationDefinition } from "#lib/operations/definition.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { idempotencyKeyOf, started } from "#subgraphs/operation-outcomes.ts";
import {
  done,
  type Done,
  notThere,
  type Outcome,
  type Refused,
  refused,
  type Services,
  write,
} from "#subgraphs/use-case.ts";
import type { UserErrorCode } from "../generated/enums.ts";
import { takeSlot, vmBusy } from "../slots/take-slot.ts";
import { ruleOf, type VmAction, whyNot } from "./lifecycle.ts";
import { whyProtected } from "./protection.ts";

/** What the inputs of all actions on a VM have. */
export interface ActionRequest {
  vmId: string;
  /** The version of the VM that the caller has seen. */
  expectedVersion?: number | null | undefined;
  idempotencyKey?: string | null | undefined;
  /** Whether to check everything and change nothing. */
  dryRun?: boolean | null | undefined;
}

/** What the inputs of actions that change the state have. */
export interface ReasonedRequest extends ActionRequest {
  /** Why, for the VM's history. */
  reason?: string | null | undefined;
}

const longestReason = 255;

/** @throws InvalidArgument for a reason that is too long for the VM's history */
export function reasonOf({ reason = null }: ReasonedRequest): string | null {
  if (reason !== null && reason.length > longestReason)
    throw new InvalidArgument("input.reason", `is longer than ${longestReason} characters.`);
  return reason;
}

/** A VM, and the operation that works on it. Null when there is nothing to do. */
export interface ActionValue {
  vm: VmRow;
  operation: { id: string } | null;
}

type ActionOutcome = Outcome<ActionValue, UserErrorCode>;

export interface Begin<Input extends Json> {
  action: VmAction;
  definition: OperationDefinition<WriteTx, Input>;
  /** Returns the input of the operation, or why it cannot start. */
  inputOf(vm: VmRow): Input | Refused<UserErrorCode>;
  /** Returns why the VM cannot have the action beside the others of its tenant. */
  refusalIn?(tx: WriteTx, vm: VmRow): Promise<Refused<UserErrorCode> | undefined>;
  /** The properties of the input that the VM determines and not the caller: a request that is repeated may have others. */
  made: readonly (keyof Input & string)[];
}

/**
 * Starts the operation of an action on a VM, in one transaction with the checks and with the VM's slot. A request for what is so already is done and starts none.
 * @throws PublicError VM_BUSY while another operation works on the VM
 */
export const beginAction = <Input extends Json>(
  services: Services,
  request: RequestContext,
  asked: ActionRequest,
  { action, definition, inputOf, refusalIn, made }: Begin<Input>,
): Promise<ActionOutcome> => {
  const idempotencyKey = idempotencyKeyOf(asked);
  return write<ActionValue, UserErrorCode>(services, request, async (tx) => {
    const locked = await lockVm(tx, asked.vmId);
    if (!locked) return notThere("VM");
    const { vm } = locked;
    const input = inputOf(vm);
    const refusal = isRefused(input) ? input : undefined;
    const wanted: NewOperation<Input> = {
      input: refusal ? (null as Input) : (input as Input),
      made,
      subject: `Vm:${vm.id}`,
      done: [{ vmId: vm.id }],
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    };
    const known = refusal ? undefined : await operationOfKey(tx, definition, wanted);
    if (known) return withVm(vm, started(known));
    const end = mayBegin(locked, action, asked);
    if (end) return end;
    const reason = refusal ?? (await refusalIn?.(tx, vm));
    if (reason) return reason;
    if (asked.dryRun) return done({ vm, operation: null });
    const start = await startOperation(tx, definition, wanted);
    if (start.outcome !== "started") return withVm(vm, started(start));
    const claim = { vmId: vm.id, operationId: start.id, operationKind: definition.kind, token: 0 };
    const taken = await takeSlot(tx, claim, { ofDeleted: vm.deletedAt !== null });
    if (taken.kind !== "done") return taken;
    return done({ vm, operation: { id: start.id } });
  });
};

const isRefused = (input: unknown): input is Refused<UserErrorCode> =>
  typeof input === "object" && input !== null && "kind" in input && input.kind === "refused";

const withVm = (vm: VmRow, outcome: Done<{ operationId: string }> | Refused<UserErrorCode>): ActionOutcome =>
  outcome.kind === "done" ? done({ vm, operation: { id: outcome.value.operationId } }) : outcome;

/** Returns why an action ends before it begins: it is so already, or it is not possible. Undefined when it may begin. */
function mayBegin(
  { vm, holder }: LockedVm,
  action: VmAction,
  { expectedVersion }: Pick<ActionRequest, "expectedVersion">,
): ActionOutcome | undefined {
  const stale = versionConflict(vm, expectedVersion);
  if (stale) return stale;
  if (holder) throw vmBusy(holder);
  const { to } = ruleOf(action);
  if (to?.length === 1 && to[0] === vm.state) return done({ vm, operation: null });
  const reason = whyNot(action, vm);
  if (reason !== undefined) return refused(userError("ACTION_NOT_POSSIBLE", "vmId", reason));
  const isProtected = whyProtected(action, vm.isProtected) !== undefined;
  return isProtected ? refused(userError("VM_PROTECTED", "vmId")) : undefined;
}

/** Returns the refusal of a request whose caller has seen another version of the VM. */
export const versionConflict = (
  { version }: VmRow,
  expected: number | null | undefined,
): Refused<UserErrorCode> | undefined =>
  expected === undefined || expected === null || expected === version
    ? undefined
    : refused(userError("VERSION_CONFLICT", "expectedVersion", `The VM has version ${version}: read it again.`));
