import { log } from "../observability/log.ts";
import { pause } from "../pause.ts";
import { newId } from "../uuid.ts";
import type { OperationDefinitions } from "./definition.ts";
import { hasEnded, type OperationState } from "./record.ts";
import { runOperation, type RunningOperation } from "./run-operation.ts";
import type { OperationStore, WorkerState } from "./store.ts";

export interface WorkerOptions<Tx> {
  store: OperationStore<Tx>;
  definitions: OperationDefinitions<Tx>;
  /** How many operations it runs at once. */
  concurrency?: number;
  /** An operation whose worker has died is taken over after this time. */
  leaseMs?: number;
  /** How often it reads what is due when nothing wakes it: wake-ups may be lost. */
  pollMs?: number;
  /** For how long an operation must be due, and no worker may know its definition, before it is parked. */
  unknownAfterMs?: number;
  /** How long running steps may take to end when the worker is stopped. */
  stopMs?: number;
  /** Called for each operation that it has brought to its end. */
  onEnd?(kind: string, state: OperationState): void;
  sleep?(ms: number, signal: AbortSignal): Promise<void>;
  random?(): number;
}

export interface OperationWorker {
  /** Begins no further step, gives the operations back after their running steps, or without them when these take long, and resolves when that is done. */
  stop(): Promise<void>;
}

/** Starts a worker: it claims operations that are due and runs them. Any number of workers, in any processes, may share a store. */
export function startWorker<Tx>(options: WorkerOptions<Tx>): OperationWorker {
  const worker = new Worker(options);
  const running = worker.run();
  return {
    stop: async () => {
      worker.stopping.abort();
      await running;
    },
  };
}

class Worker<Tx> {
  readonly stopping = new AbortController();
  readonly #options: Required<WorkerOptions<Tx>>;
  readonly #running = new Set<RunningOperation>();
  readonly #id = newId();
  #isWoken = false;
  #wake: () => void = () => undefined;

  constructor(options: WorkerOptions<Tx>) {
    this.#options = {
      concurrency: 16,
      leaseMs: 10_000,
      pollMs: 1_000,
      unknownAfterMs: 60_000,
      stopMs: 3_000,
      onEnd: () => undefined,
      sleep: pause,
      random: Math.random,
      ...options,
    };
  }

  async run(): Promise<void> {
    const { signal } = this.stopping;
    signal.addEventListener("abort", () => this.#wakeUp(), { once: true });
    const announcing = this.#keepAnnouncing();
    const listening = this.#options.store.listen((operationId) => {
      for (const run of this.#running) if (run.operationId === operationId) run.refresh();
      this.#wakeUp();
    }, signal);
    while (!signal.aborted) {
      this.#isWoken = false;
      const waitMs = await this.#claim().catch((error: unknown) => {
        log.operations.warn({ err: error }, "operations could not be claimed and will be tried again");
        return this.#options.pollMs;
      });
      if (waitMs > 0 && !signal.aborted && !this.#isWoken)
        // Its own signal for each wait: one that also depended on that of the stop would be kept by it as long as the worker lives.
        await this.#options.sleep(waitMs, this.#nextWake());
    }
    const running = [...this.#running];
    const ended = Promise.all(running.map(({ finished }) => finished));
    const given = new AbortController();
    void ended.then(() => given.abort("ended"));
    await this.#options.sleep(this.#options.stopMs, given.signal);
    await Promise.all(running.map((run) => run.interrupt()));
    await ended;
    await Promise.all([listening, announcing]);
  }

  /** States several times within `unknownAfterMs` that this worker lives. */
  async #keepAnnouncing(): Promise<void> {
    const { store, unknownAfterMs, sleep } = this.#options;
    while (!this.stopping.signal.aborted) {
      await store.announce(this.#state).catch((error: unknown) => {
        log.operations.warn({ err: error }, "what this worker knows could not be recorded and will be tried again");
      });
      await sleep(unknownAfterMs / 4, this.stopping.signal);
    }
  }

  get #state(): WorkerState {
    const { definitions, unknownAfterMs } = this.#options;
    return { workerId: this.#id, known: definitions.keys, unknownAfterMs };
  }

  /** Claims what is due, as far as there is room, and returns how long to wait for more. */
  async #claim(): Promise<number> {
    const { store, definitions, concurrency, leaseMs, pollMs, sleep, random, onEnd } = this.#options;
    const limit = concurrency - this.#running.size;
    // The next operation that finishes wakes it.
    if (limit === 0) return pollMs;
    const leaseId = newId();
    const { records, nextInMs } = await store.claim({ ...this.#state, leaseId, leaseMs, limit });
    for (const record of records) {
      const definition = definitions.find(record.kind, record.definitionVersion);
      const { signal: stopping } = this.stopping;
      const run = runOperation(record, leaseId, { store, definition, leaseMs, sleep, random, stopping });
      this.#running.add(run);
      void run.finished.then((state) => {
        if (hasEnded(state)) onEnd(record.kind, state);
        const wasFull = this.#running.size >= concurrency;
        this.#running.delete(run);
        // There may be more to claim, or this operation may be due again soon.
        if (wasFull || !hasEnded(state)) this.#wakeUp();
      });
    }
    // There may be more: at once while there is room, otherwise when an operation finishes.
    if (records.length === limit) return this.#running.size < concurrency ? 0 : pollMs;
    return Math.min(pollMs, Math.max(1, nextInMs ?? pollMs));
  }

  #wakeUp(): void {
    this.#isWoken = true;
    this.#wake();
  }

  #nextWake(): AbortSignal {
    const woken = new AbortController();
    this.#wake = () => woken.abort("woken");
    return woken.signal;
  }
}
