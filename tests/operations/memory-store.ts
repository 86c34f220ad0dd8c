import { definitionKey, type Json, lastSafePosition, type OperationDefinition } from "#lib/operations/definition.ts";
import {
  type Change,
  changed,
  hasEnded,
  type Leftover,
  type OperationRecord,
  type OperationState,
} from "#lib/operations/record.ts";
import type { ClaimOptions, Claimed, Lease, OperationStore, WorkerState } from "#lib/operations/store.ts";

/** The writes of a transaction, which become visible when it commits. */
export interface MemoryTx {
  write(entry: string): void;
}

interface Stored {
  record: OperationRecord;
  leftBehind: readonly Leftover[];
  /** The state before the operation was parked for want of its definition. */
  suspended: OperationState | undefined;
  waitingFor: string | undefined;
  resumesAt: number | undefined;
  claimableAt: number | undefined;
  leaseId: string | undefined;
}

/** A model of the store of operations, with the contract of the one in PostgreSQL: each method is one transaction, and one clock decides about leases. */
export class MemoryStore {
  now = 0;
  readonly operations = new Map<string, Stored>();
  readonly #workers = new Map<string, { known: readonly string[]; since: number; seenAt: number }>();
  readonly #resumes: boolean;
  readonly #committed: (entry: string) => void;

  /**
   * @param committed is called with each committed write of a step, in their order
   * @param resumes whether what was parked for want of a definition continues with it
   */
  constructor(committed: (entry: string) => void, { resumes = true } = {}) {
    this.#committed = committed;
    this.#resumes = resumes;
  }

  start(id: string, { kind, version, steps }: OperationDefinition<MemoryTx>, input: Json = null): void {
    const record: OperationRecord = {
      id,
      tenantId: "tenant",
      actor: undefined,
      requestId: undefined,
      kind,
      definitionVersion: version,
      stepNames: steps.map(({ name }) => name),
      input,
      state: "pending",
      steps: [],
      signals: {},
      cancelRequested: false,
      resumesInMs: undefined,
      token: 0,
    };
    const times = { waitingFor: undefined, resumesAt: undefined, claimableAt: this.now, leaseId: undefined };
    this.operations.set(id, { record, leftBehind: [], suspended: undefined, ...times });
  }

  cancel(id: string, definition: OperationDefinition<MemoryTx>): boolean {
    const stored = this.#stored(id);
    const { state, steps } = stored.record;
    const last = lastSafePosition(definition);
    const isPast = last !== undefined && steps.some(({ position }) => position > last);
    if (hasEnded(state) || state === "compensating" || isPast) return false;
    stored.record = { ...stored.record, cancelRequested: true };
    if (stored.leaseId === undefined) stored.claimableAt = this.now;
    return true;
  }

  signal(id: string, name: string, content: Json): void {
    const stored = this.#stored(id);
    if (hasEnded(stored.record.state)) return;
    stored.record = { ...stored.record, signals: { [name]: content, ...stored.record.signals } };
    if (stored.leaseId === undefined && stored.waitingFor === name) stored.claimableAt = this.now;
  }

  announce({ workerId, known, unknownAfterMs }: WorkerState): void {
    const before = this.#workers.get(workerId);
    const since = before && before.seenAt > this.now - unknownAfterMs ? before.since : this.now;
    this.#workers.set(workerId, { known, since, seenAt: this.now });
    for (const stored of this.operations.values()) {
      if (!this.#resumes || stored.suspended === undefined || !known.includes(keyOf(stored.record))) continue;
      stored.record = { ...stored.record, state: stored.suspended };
      stored.suspended = undefined;
      stored.claimableAt = this.now;
    }
  }

  claim({ workerId, leaseId, leaseMs, limit, known, unknownAfterMs }: ClaimOptions): Claimed {
    const longAgo = this.now - unknownAfterMs;
    const living = [...this.#workers.values()].filter(({ seenAt }) => seenAt > longAgo);
    const own = this.#workers.get(workerId);
    const isLongHere = own !== undefined && own.seenAt > longAgo && own.since <= longAgo;
    const due = [...this.operations.values()]
      .filter(({ claimableAt = Infinity, record }) => {
        const key = keyOf(record);
        if (known.includes(key)) return claimableAt <= this.now;
        return claimableAt <= longAgo && isLongHere && !living.some((worker) => worker.known.includes(key));
      })
      .toSorted((one, other) => (one.claimableAt ?? 0) - (other.claimableAt ?? 0))
      .slice(0, limit);
    for (const stored of due) {
      stored.leaseId = leaseId;
      stored.claimableAt = this.now + leaseMs;
      stored.record = { ...stored.record, token: stored.record.token + 1 };
    }
    const later = [...this.operations.values()].flatMap(({ claimableAt = 0 }) =>
      claimableAt > this.now ? [claimableAt - this.now] : [],
    );
    return {
      records: due.map((each) => this.#read(each)),
      nextInMs: later.length > 0 ? Math.min(...later) : undefined,
    };
  }

  renew(lease: Lease, leaseMs: number): OperationRecord | undefined {
    const stored = this.#held(lease);
    if (!stored) return undefined;
    stored.claimableAt = this.now + leaseMs;
    return this.#read(stored);
  }

  save(lease: Lease, { token, cancelRequested }: OperationRecord, change: Change): boolean {
    const stored = this.#held(lease);
    if (!stored || stored.record.token !== token || (stored.record.cancelRequested && !cancelRequested)) return false;
    const { next, waitingFor, leftBehind = [] } = change;
    const before = stored.record.state;
    stored.record = changed(stored.record, change);
    stored.waitingFor = waitingFor;
    stored.leftBehind = leftBehind;
    stored.suspended = next === "suspend" ? before : undefined;
    if (next !== "rest" && next !== "suspend")
      stored.resumesAt = typeof next === "string" ? undefined : this.now + next.resumeInMs;
    if (next === "continue") return true;
    stored.leaseId = undefined;
    const isSignalled = waitingFor !== undefined && stored.record.signals[waitingFor] !== undefined;
    stored.claimableAt = next === "end" || next === "suspend" ? undefined : isSignalled ? this.now : stored.resumesAt;
    return true;
  }

  release(lease: Lease): void {
    const stored = this.#held(lease);
    if (!stored) return;
    stored.claimableAt = this.now;
    stored.leaseId = undefined;
  }

  commit(entries: readonly string[]): void {
    for (const entry of entries) this.#committed(entry);
  }

  #read({ record, resumesAt }: Stored): OperationRecord {
    return { ...record, resumesInMs: resumesAt === undefined ? undefined : resumesAt - this.now };
  }

  #held({ operationId, leaseId }: Lease): Stored | undefined {
    const stored = this.#stored(operationId);
    return stored.leaseId === leaseId && (stored.claimableAt ?? 0) > this.now ? stored : undefined;
  }

  #stored(id: string): Stored {
    const stored = this.operations.get(id);
    if (!stored) throw new Error(`There is no operation ${id}.`);
    return stored;
  }
}

const keyOf = ({ kind, definitionVersion, stepNames }: OperationRecord): string =>
  definitionKey(kind, definitionVersion, stepNames);

/** How a call travels: when it reaches the other side, and when its response comes back. Either may be lost: it rejects then, or never settles. */
export type Travel = <T>(apply: () => T) => Promise<T>;

/** Returns the store as one worker reaches it. */
export function reached(store: MemoryStore, travel: Travel): OperationStore<MemoryTx> {
  return {
    announce: (worker) => travel(() => store.announce(worker)),
    claim: (options) => travel(() => store.claim(options)),
    renew: (lease, leaseMs) => travel(() => store.renew(lease, leaseMs)),
    save: (lease, record, change) => travel(() => store.save(lease, record, change)),
    release: (lease) => travel(() => store.release(lease)),
    transact: async ({ lease, record, run, change }) => {
      const writes: string[] = [];
      try {
        const made = change(await run({ write: (entry) => void writes.push(entry) }));
        const saved = await travel(() => {
          if (!store.save(lease, record, made)) return false;
          store.commit(writes);
          return true;
        });
        return saved ? { saved: true, change: made } : { saved: false, error: new Error("refused") };
      } catch (error) {
        return { saved: false, error };
      }
    },
    // No wake-up ever arrives: polling must be enough.
    listen: (_onWake, signal) =>
      new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true })),
  };
}
