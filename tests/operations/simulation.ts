import {
  OperationDefinitions,
  type OperationDefinition,
  type Step,
  type StepContext,
} from "#lib/operations/definition.ts";
import { StepFailure } from "#lib/operations/failures.ts";
import { hasEnded } from "#lib/operations/record.ts";
import { startWorker } from "#lib/operations/worker.ts";
import { type Journal, Callee, violations } from "./callee.ts";
import { MemoryStore, type MemoryTx, reached, type Travel } from "./memory-store.ts";
import { seededRandom } from "./seeded-random.ts";

/** A fault of the callee that the checker has to find. */
type Planted = "leak" | "double effect";

const leaseMs = 400;
const workers = 3;
const operationIds = ["a", "b", "c"];

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
 * passes and how fast for each worker, which worker dies and starts again, when an operation is cancelled or signalled.
 * @returns what was wrong in the end, and how many faults the run had
 */
async function simulate(seed: number, planted?: Planted): Promise<{ wrong: string[]; faults: number }> {
  const random = seededRandom(seed);
  const chance = (share: number) => random() < share;
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const store = new MemoryStore();
  const journal: Journal = { applied: [], undone: [] };
  const callee = new Callee(journal, { planted });
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
        run: (context) =>
          call(() => {
            callee.apply(context.fence, key(context));
            // The failure comes after the effect: what was attempted may be there.
            if (fails(context) === "run") throw new StepFailure("NO", "It never works.", { isFinal: chance(0.5) });
          }),
        undo: (context) =>
          call(() => {
            if (fails(context) === "undo") throw new Error("never");
            callee.undo(context.fence, key(context));
          }),
      };
    });
    return { kind: "simulated", version: 1, steps };
  };

  const start = (worker: number) => {
    // Its own clock runs at another speed than the store's.
    const speed = 0.3 + 2 * random();
    startWorker<MemoryTx>({
      store: reached(store, travelOf(worker)),
      definitions: new OperationDefinitions([definitionsOf(worker)]),
      concurrency: 2,
      leaseMs,
      pollMs: 500,
      random,
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          const timer = { worker, at: store.now + ms * speed, ring: resolve };
          timers.push(timer);
          const stop = () => {
            timers = timers.filter((each) => each !== timer);
            resolve();
          };
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
  for (const id of operationIds) store.start(id, model);
  let names = Array.from({ length: workers }, (_, at) => at);
  for (const worker of names) start(worker);
  /** Workers that stand still until a move, as after SIGSTOP: nothing of theirs is sent, received or timed meanwhile. */
  const stopped = new Map<number, number>();
  const isOver = () => [...store.operations.values()].every(({ record }) => hasEnded(record.state));
  for (let moves = 0; !isOver(); moves += 1) {
    if (moves > 20_000) throw new Error(`Seed ${seed} does not come to an end.`);
    calm = moves > 400;
    // Every promise that can settle does before the next move.
    await new Promise(setImmediate);
    for (const [worker, until] of stopped) if (moves >= until || calm) stopped.delete(worker);
    const movable = pending.filter(({ worker }) => !stopped.has(worker));
    if (fault(0.02)) {
      stopped.set(pick(names), moves + 10 + Math.floor(80 * random()));
      if (chance(0.7)) pass(1.2 * leaseMs);
    } else if (fault(0.01)) {
      const dead = pick(names);
      kill(dead);
      const fresh = Math.max(...names) + 1;
      names = names.map((worker) => (worker === dead ? fresh : worker));
      start(fresh);
    } else if (fault(0.006)) store.cancel(pick(operationIds), model);
    else if (chance(calm ? 0.2 : 0.02)) store.signal(pick(operationIds), "go", null);
    else if (movable.length > 0 && chance(0.85)) {
      const next = pick(movable);
      pending = pending.filter((each) => each !== next);
      if (fault(0.04)) next.fail();
      else next.proceed();
    } else pass(chance(0.05) && !calm ? 3 * leaseMs * random() : 120 * random());
  }
  // What is still on its way arrives after the end.
  for (const late of pending.splice(0)) late.proceed();
  await new Promise(setImmediate);
  for (const { worker } of timers) kill(worker);

  for (const entry of store.committed) {
    const key = entry.slice(1);
    if (entry.startsWith("+")) journal.applied.push(key);
    else journal.undone.push(key);
  }
  const ended = [...store.operations].map(([id, { record, leftBehind }]) => ({
    id,
    state: record.state,
    effects: shape.steps.flatMap((kind, at) => (kind === "pause" || kind === "signal" ? [] : [`step ${at}`])),
    leftBehind: leftBehind.map(({ step }) => step),
  }));
  return { wrong: violations(ended, journal), faults };
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

const retry = { attempts: 3, firstDelayMs: 50, longestDelayMs: 400 };
const undoRetry = { attempts: 40, firstDelayMs: 50, longestDelayMs: 400 };

type Kind = "transaction" | "effect" | "pause" | "signal";

/** Draws the steps of a definition, and which steps of which operation never work or can never be undone. */
function drawShape(random: () => number) {
  const kinds: Kind[] = ["transaction", "effect", "effect", "transaction", "pause", "signal"];
  const steps = Array.from(
    { length: 2 + Math.floor(random() * 4) },
    () => kinds[Math.floor(random() * kinds.length)] as Kind,
  );
  const fails = new Map<string, "run" | "undo">();
  for (const id of operationIds)
    for (const at of steps.keys()) if (random() < 0.12) fails.set(`${id} step ${at}`, random() < 0.7 ? "run" : "undo");
  return { steps, fails, lastSafePoint: random() < 0.3 ? Math.floor(random() * steps.length) : -1 };
}
