import type { Fence } from "#lib/operations/definition.ts";
import { StepFailure } from "#lib/operations/failures.ts";

/** A fault of the slots that the checker has to find. */
export type PlantedInSlots = "slot that is kept" | "slot for two" | "slot without a memory";

/** What happened to slots, and what operations did to their subjects, in its order. */
export interface SlotEntry {
  what: "took" | "gave back" | "worked";
  operationId: string;
  subject: string;
}

/**
 * A model of the slots: an operation works on its subject only while it has the subject's slot. Like every callee, the slots refuse lower tokens than they have
 * seen of an operation, also when it has no slot any more.
 */
export class Slots {
  readonly #log: SlotEntry[];
  readonly #planted: string | undefined;
  readonly #holders = new Map<string, string>();
  readonly #tokens = new Map<string, number>();

  constructor(log: SlotEntry[], planted?: string) {
    this.#log = log;
    this.#planted = planted;
  }

  /** Takes the slot of a subject, also when the operation has it already. @throws StepFailure VM_BUSY */
  take(fence: Fence, subject: string, { isFinal }: { isFinal: boolean }): void {
    this.#admit(fence);
    const { operationId } = fence;
    const holder = this.#holders.get(subject);
    if (holder === operationId) return;
    if (holder !== undefined && this.#planted !== "slot for two")
      throw new StepFailure("VM_BUSY", `The operation ${holder} has the slot.`, { isFinal });
    this.#holders.set(subject, operationId);
    this.#log.push({ what: "took", operationId, subject });
  }

  /** Gives the slot back, if the operation has it. */
  giveBack(fence: Fence, subject: string): void {
    this.#admit(fence);
    this.#remove(fence.operationId, subject);
  }

  /** Gives the slot of an operation back that has ended, and refuses all calls of it from now on. */
  ended(operationId: string, subject: string): void {
    this.#tokens.set(operationId, Infinity);
    this.#remove(operationId, subject);
  }

  #remove(operationId: string, subject: string): void {
    if (this.#planted === "slot without a memory") this.#tokens.delete(operationId);
    if (this.#planted === "slot that is kept" || this.#holders.get(subject) !== operationId) return;
    this.#holders.delete(subject);
    this.#log.push({ what: "gave back", operationId, subject });
  }

  #admit({ operationId, token }: Fence): void {
    if (token < (this.#tokens.get(operationId) ?? 0)) throw new StepFailure("FENCED", "A newer token was seen.");
    this.#tokens.set(operationId, token);
  }
}

/** Replays what happened, when all operations have ended, and returns every contradiction. */
export function slotViolations(log: readonly SlotEntry[]): string[] {
  const wrong: string[] = [];
  const holders = new Map<string, string>();
  for (const { what, operationId, subject } of log) {
    const holder = holders.get(subject);
    if (what === "took") {
      if (holder !== undefined) wrong.push(`${operationId} and ${holder} had the slot of ${subject}`);
      holders.set(subject, operationId);
    } else if (holder !== operationId) wrong.push(`${operationId} ${what} without the slot of ${subject}`);
    else if (what === "gave back") holders.delete(subject);
  }
  for (const [subject, holder] of holders) wrong.push(`the slot of ${subject} is left with ${holder}`);
  return wrong;
}
