import { releaseSlot, type SlotClaim } from "#db/vms/slot-writes.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { done, type Outcome, type Services, write } from "#subgraphs/use-case.ts";
import { outdated, takeSlot } from "./take-slot.ts";

/** A claim as the graph has it: a `Long` may be a bigint. */
type SlotInput = Omit<SlotClaim, "token"> & { token: number | bigint };

const claimOf = ({ token, ...input }: SlotInput): SlotClaim => ({ ...input, token: Number(token) });

/** Takes the slot of a VM for an operation that another process runs. */
export const takeVmSlot = (
  services: Services,
  request: RequestContext,
  input: SlotInput,
): Promise<Outcome<{ vmId: string }, never>> => write(services, request, (tx) => takeSlot(tx, claimOf(input)));

/** Releases the slot of a VM. It is released also when the operation does not have it, or the VM is gone. */
export const releaseVmSlot = (
  services: Services,
  request: RequestContext,
  input: SlotInput,
): Promise<Outcome<{ vmId: string }, never>> =>
  write(services, request, async (tx) => {
    if (!(await releaseSlot(tx, claimOf(input)))) throw outdated();
    return done({ vmId: input.vmId });
  });
