import fc from "fast-check";
import { afterEach, expect, it } from "vitest";
import { newOperationId } from "#lib/operations/operation-id.ts";
import { type Claim, newVm, ours, slotFixture } from "./slot-fixture.ts";

const fixture = slotFixture();

/** An operation, as its worker knows it. */
interface Running {
  claim: Claim;
  hasEnded: boolean;
  /** Calls that take the slot, and that have not arrived yet. */
  inFlight: Claim[];
}

/**
 * What happens to the operation with this number: its worker sends a call that takes the slot (`take`), which arrives later than others (`arrive`), or all at
 * once (`all arrive`). Another worker claims it (`crash`). It ends after its release was acknowledged (`end`), or without one (`give up`); or it is abandoned,
 * which happens after its calls have expired.
 */
const steps = ["take", "take", "arrive", "arrive", "all arrive", "crash", "end", "give up", "abandon"] as const;
type Event = [step: (typeof steps)[number], operation: number, call: number];
const events = fc.array(fc.tuple(fc.constantFrom(...steps), fc.nat(3), fc.nat()), { minLength: 10, maxLength: 30 });

afterEach(() => fixture.owner`delete from vm_slots`);

it("a slot never outlives its operation and never has two, whatever the order of calls, crashes and ends", async () => {
  const vms = [newVm(), newVm()];
  let taken = 0;
  let delayed = 0;
  const run = async (all: readonly Event[]) => {
    const running = [0, 1, 2, 3].map((number): Running => ({
      claim: claimOf(vms[number % 2] ?? 0),
      hasEnded: false,
      inFlight: [],
    }));
    const arrive = async (calls: readonly Claim[], { hasEnded }: Running) => {
      const answers = await Promise.all(calls.map((call) => fixture.take(call)));
      if (hasEnded) delayed += calls.length;
      if (answers.includes("done")) taken += 1;
      if (hasEnded) expect(answers).not.toContain("done");
    };
    for (const [step, number, at] of all) {
      const of = running[number] as Running;
      await happen(of, step, at, arrive);
      await expectNoneLeft(running);
    }
    for (const of of running) {
      if (!of.hasEnded) await happen(of, "end", 0, arrive);
      await arrive(of.inFlight, of);
    }
    await expectNoneLeft(running);
    expect(await fixture.slots(...vms)).toEqual([null, null]);
  };
  await fc.assert(fc.asyncProperty(events, run), { numRuns: 80, seed: 29 });
  expect(taken).toBeGreaterThan(40);
  expect(delayed).toBeGreaterThan(20);
});

async function happen(
  of: Running,
  step: Event[0],
  at: number,
  arrive: (calls: readonly Claim[], of: Running) => Promise<void>,
): Promise<void> {
  if (step === "arrive") return arrive(of.inFlight.splice(at % (of.inFlight.length || 1), 1), of);
  if (step === "all arrive") return arrive(of.inFlight.splice(0), of);
  if (of.hasEnded) return;
  of.claim = { ...of.claim, token: of.claim.token + (step === "crash" ? 2 : 1) };
  if (step === "take") of.inFlight.push(of.claim);
  if (step === "end") expect(await fixture.release(of.claim)).toBe("done");
  // The release was never acknowledged, but the step before it took the slot.
  if (step === "give up" && (await fixture.take(of.claim)) !== "done") return;
  if (step === "abandon") of.inFlight = [];
  if (!["end", "give up", "abandon"].includes(step)) return;
  of.hasEnded = true;
  await fixture.end(of.claim.operationId);
}

async function expectNoneLeft(running: readonly Running[]): Promise<void> {
  const held = await fixture.owner<{ vm: string; operation: string }[]>`
    select vm_id as vm, operation_id as operation from vm_slots where released_at is null`;
  expect(new Set(held.map(({ vm }) => vm)).size).toBe(held.length);
  const ended = new Set(running.filter(({ hasEnded }) => hasEnded).map(({ claim }) => claim.operationId));
  expect(held.filter(({ operation }) => ended.has(operation))).toEqual([]);
}

const claimOf = (vm: number): Claim => ({
  vmId: ours.id("vm", vm),
  operationId: newOperationId("federation"),
  operationKind: "test",
  token: 1,
});
