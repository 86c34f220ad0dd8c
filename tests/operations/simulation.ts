import {
  OperationDefinitions,
  type OperationDefinition,
  type Step,
  type StepContext,
} from "#lib/operations/definition.ts";
import { StepFailure } from "#lib/operations/failures.ts";
import { hasEnded } from "#lib/operations/record.ts";
import { startWorker } from "#lib/operations/worker.ts";
import { Callee, type Journal, violations } from "./callee.ts";
import { MemoryStore, type MemoryTx, reached, type Travel } from "./memory-store.ts";
import { seededRandom } from "#lib/seeded-random.ts";
import { drawShape, operationIds, retry, shortened, undoRetry, unknownAfterMs } from "./simulated-steps.ts";
import { type PlantedInSlots, type SlotEntry, Slots, slotViolations } from "./slots-model.ts";

/** A fault of a callee, or of the definition, that the checker has to find. */
export type Planted =
  | "leak"
  | "double effect"
  | PlantedInSlots
  | "definition that comes back for nothing"
  | "cancel after the slot was given back"
  | "slot that is given back three times at most";

const leaseMs = 400;
const workers = 3;
/** Two operations work on the same subject. */
const subjectOf = (operationId: string): string => (operationId === "c" ? "another" : "one");

interface Pending {
  worker: number;
  proceed(): void;
  fail(): void;
}
interface Timer {
  worker: number;
  at: number;
  ring(): void;
}

/**
 * Runs the real worker, three times, on a model of the store, in an order that a seed decides: which call proceeds next, which response is lost, when time
 * passes and how fast for each worker, which worker dies and starts again, when an operation is started, cancelled or signalled. Some workers lack
 * the definition of the operations, for a time all of them. Each operation first takes its subject's slot, and gives it back in its last step. When it ends
 * otherwise, the projection of operations gives the slot back, some time later.
 * @returns what was wrong in the end, and how many faults the run had
 */
async function simulate(seed: number, planted?: Planted): Promise<{ wrong: string[]; faults: number }> {
  const random = seededRandom(seed);
  const chance = (share: number) => random() < share;
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const journal: Journal = { applied: [], undone: [] };
  const slotLog: SlotEntry[] = [];
  const worked = (what: keyof Journal, key: string) => {
    journal[what].push(key);
    const operationId = key.charAt(0);
    slotLog.push({ what: "worked", operationId, subject: subjectOf(operationId) });
  };
  const store = new MemoryStore((entry) => worked(entry.startsWith("+") ? "applied" : "undone", entry.slice(1)), {
    resumes: planted !== "definition that comes back for nothing",
  });
  const callee = new Callee(worked, { planted });
  const slots = new Slots(slotLog, planted);
  let pending: Pending[] = [];
  let timers: Timer[] = [];
  let calm = false;
  let faults = 0;
  const fault = (share: number) => !calm && chance(share) && ++faults > 0;

  /** Waits for its turn. Rejects when the message is lost. */
  const turn = (worker: number) =>
    new Promise<void>((resolve, reject) =>
      pending.push({ worker, proceed: resolve, fail: () => reject(new Error("lost on its way")) }),
    );
  const travelOf =
    (worker: number): Travel =>
    async (apply) => {
      await turn(worker);
      const result = apply();
      await turn(worker);
      return result;
    };

  /** The workers that have read of a cancel, each with the operation. */
  const readCancel = new Set<string>();
  const wrong: string[] = [];
  const begins = (worker: number, { fence: { operationId } }: StepContext) => {
    if (readCancel.has(`${worker} ${operationId}`)) wrong.push(`${operationId} began a step that was cancelled`);
  };
  // Who runs a step is known only to the worker's own definitions.
  const shape = drawShape(random);
  const definitionsOf = (worker: number): OperationDefinition<MemoryTx> => {
    const call = async (apply: () => void) => {
      await turn(worker);
      apply();
      if (fault(0.15)) throw new Error("the response was lost");
      await turn(worker);
      return null;
    };
    const steps = shape.steps.map((kind, at): Step<MemoryTx> => {
      const name = `step ${at}`;
      const lastSafePoint = at === shape.lastSafePoint;
      if (kind === "pause") return { type: "wait", name, until: { elapsedMs: 2_000 }, lastSafePoint };
      if (kind === "signal") return { type: "wait", name, until: { signal: "go", withinMs: 20_000 }, lastSafePoint };
      const key = ({ fence }: StepContext) => `${fence.operationId} ${name}`;
      const fails = ({ fence }: StepContext) => shape.fails.get(`${fence.operationId} ${name}`);
      const limits = { retry, timeLimitMs: 1_500, undoRetry, undoTimeLimitMs: 1_500, lastSafePoint };
      if (kind === "transaction")
        return {
          type: "transaction",
          name,
          ...limits,
          run: async (context, tx) => {
            begins(worker, context);
            tx.write(`+${key(context)}`);
            await turn(worker);
            if (fails(context) === "run" || fault(0.05)) throw new Error("no");
            return null;
          },
          undo: async (context, tx) => {
            if (fails(context) === "undo") throw new Error("never");
            tx.write(`-${key(context)}`);
          },
        };
      return {
        type: "effect",
        name,
        ...limits,
        run: (context) => {
          begins(worker, context);
          return call(() => {
            callee.apply(context.fence, key(context));
            // The failure comes after the effect: what was attempted may be there.
            if (fails(context) === "run") throw new StepFailure("NO", "It never works.", { isFinal: chance(0.5) });
          });
        },
        undo: (context) =>
          call(() => {
            if (fails(context) === "undo") throw new Error("never");
            callee.undo(context.fence, key(context));
          }),
      };
    });
    // Without a cancel from here on: what would be undone after the slot was given back would be done without it.
    const before = steps.at(-1);
    const hasSafePoint = shape.lastSafePoint >= 0 || planted === "cancel after the slot was given back";
    if (before && !hasSafePoint) before.lastSafePoint = true;
    return { kind: "simulated", version: 1, steps: [takeOf(call), ...steps, giveBackOf(call)] };
  };
  type Call = (apply: () => void) => Promise<null>;
  const ofSlots = { type: "effect", timeLimitMs: 1_500, undoRetry, undoTimeLimitMs: 1_500 } as const;
  const takeOf = (call: Call): Step<MemoryTx> => ({
    ...ofSlots,
    name: "take the slot",
    retry,
    run: ({ fence }: StepContext) =>
      call(() => slots.take(fence, subjectOf(fence.operationId), { isFinal: chance(0.5) })),
    undo: ({ fence }: StepContext) => call(() => slots.giveBack(fence, subjectOf(fence.operationId))),
  });
  const giveBackOf = (call: Call): Step<MemoryTx> => ({
    ...ofSlots,
    name: "give the slot back",
    // It never gives up, because all other steps would be undone without the slot.
    retry: planted === "slot that is given back three times at most" ? retry : { ...retry, attempts: 1_000 },
    run: ({ fence }: StepContext) => call(() => slots.giveBack(fence, subjectOf(fence.operationId))),
  });
  /** What the projection does when it records that an operation has ended. */
  const project = (operationId: string) => {
    const state = store.operations.get(operationId)?.record.state;
    if (state && hasEnded(state)) slots.ended(operationId, subjectOf(operationId));
  };

  const knowing = new Set<number>();
  const start = (worker: number) => {
    // Its own clock runs at another speed than the store's.
    const speed = 0.3 + 2 * random();
    const toStore = reached(store, travelOf(worker));
    const knows = calm || chance(0.7);
    if (knows) knowing.add(worker);
    startWorker<MemoryTx>({
      store: {
        ...toStore,
        renew: async (lease, ms) => {
          const record = await toStore.renew(lease, ms);
          if (record?.cancelRequested) readCancel.add(`${worker} ${record.id}`);
          return record;
        },
      },
      definitions: new OperationDefinitions(
        knows ? [definitionsOf(worker)] : chance(0.5) ? [] : [shortened(definitionsOf(worker))],
      ),
      concurrency: 2,
      leaseMs,
      pollMs: 500,
      unknownAfterMs,
      random,
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          const stop = () => {
            timers = timers.filter((each) => each !== timer);
            signal.removeEventListener("abort", stop);
            resolve();
          };
          const timer = { worker, at: store.now + ms * speed, ring: stop };
          timers.push(timer);
          if (signal.aborted) stop();
          else signal.addEventListener("abort", stop, { once: true });
        }),
    });
  };
  /** What the worker waits for never comes; nothing of it runs any more. */
  const kill = (worker: number) => {
    pending = pending.filter((each) => each.worker !== worker);
    timers = timers.filter((each) => each.worker !== worker);
  };
  const pass = (ms: number) => {
    store.now += ms;
    for (const timer of timers.filter(({ at, worker }) => at <= store.now && !stopped.has(worker))) {
      timers = timers.filter((each) => each !== timer);
      timer.ring();
    }
  };

  const model = definitionsOf(-1);
  const pickStarted = () => pick([...store.operations.keys()]);
  let unstarted: readonly string[] = operationIds;
  const startNext = () => {
    const [next, ...others] = unstarted;
    if (next) store.start(next, model);
    unstarted = others;
  };
  startNext();
  let names = Array.from({ length: workers }, (_, at) => at);
  for (const worker of names) start(worker);
  /** Workers that stand still until a move, as after SIGSTOP: nothing of theirs is sent, received or timed meanwhile. */
  const stopped = new Map<number, number>();
  const isOver = () =>
    unstarted.length === 0 &&
    [...store.operations.values()].every(({ record, suspended }) => hasEnded(record.state) && !suspended);
  for (let moves = 0; !isOver(); moves += 1) {
    if (moves > 20_000) return { wrong: [...wrong, "it does not come to an end"], faults };
    calm = moves > 400;
    // Every promise that can settle does before the next move.
    await new Promise(setImmediate);
    if (chance(calm ? 0.2 : 0.02)) startNext();
    if (chance(0.02)) project(pick(operationIds));
    for (const [worker, until] of stopped) if (moves >= until || calm) stopped.delete(worker);
    const movable = pending.filter(({ worker }) => !stopped.has(worker));
    if (fault(0.02)) {
      stopped.set(pick(names), moves + 10 + Math.floor(80 * random()));
      if (chance(0.7)) pass(1.2 * leaseMs);
    } else if (fault(0.01) || (calm && !names.some((worker) => knowing.has(worker)))) {
      const dead = pick(names);
      kill(dead);
      const fresh = Math.max(...names) + 1;
      names = names.map((worker) => (worker === dead ? fresh : worker));
      start(fresh);
    } else if (fault(0.006)) store.cancel(pickStarted(), model);
    else if (chance(calm ? 0.2 : 0.02)) store.signal(pickStarted(), "go", null);
    else if (movable.length > 0 && chance(0.85)) {
      const next = pick(movable);
      pending = pending.filter((each) => each !== next);
      if (fault(0.04)) next.fail();
      else next.proceed();
    } else pass(chance(0.05) && !calm ? 3 * leaseMs * random() : 120 * random());
  }
  // What is still on its way arrives after the end.
  const arrive = async () => {
    for (const late of pending.splice(0)) late.proceed();
    await new Promise(setImmediate);
  };
  await arrive();
  for (const id of operationIds) project(id);
  await arrive();
  for (const { worker } of timers) kill(worker);

  const ended = [...store.operations].map(([id, { record, leftBehind }]) => ({
    id,
    state: record.state,
    effects: shape.steps.flatMap((kind, at) => (kind === "pause" || kind === "signal" ? [] : [`step ${at}`])),
    leftBehind: leftBehind.map(({ step }) => step),
  }));
  return { wrong: [...wrong, ...violations(ended, journal), ...slotViolations(slotLog)], faults };
}

/** Simulates the runs of consecutive seeds. */
export async function simulateAll(
  { from, runs }: { from: number; runs: number },
  planted?: Planted,
): Promise<{ wrong: string[]; faults: number }> {
  const wrong: string[] = [];
  let faults = 0;
  for (let seed = from; seed < from + runs; seed += 1) {
    const result = await simulate(seed, planted);
    wrong.push(...result.wrong.map((each) => `seed ${seed}: ${each}`));
    faults += result.faults;
  }
  return { wrong, faults };
}
