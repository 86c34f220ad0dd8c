import type { Json } from "./definition.ts";
import type { Change, OperationRecord } from "./record.ts";

/** The right of one worker to work on one operation, until the store's clock says otherwise. */
export interface Lease {
  operationId: string;
  tenantId: string;
  /** The claim. No two claims have the same. */
  leaseId: string;
}

/** What a worker states of itself while it lives. */
export interface WorkerState {
  workerId: string;
  /** The definitions that it knows, as `definitionKey` writes them. */
  known: readonly string[];
  /** A worker that has stated nothing for this long lives no more. */
  unknownAfterMs: number;
}

export interface ClaimOptions extends WorkerState {
  leaseId: string;
  leaseMs: number;
  limit: number;
}

export interface Claimed {
  records: OperationRecord[];
  /** Milliseconds until the next operation can be claimed, by the store's clock. */
  nextInMs: number | undefined;
}

/** What a step in a transaction returned, and what is to be recorded of it in the same transaction. */
export interface TransactionWork<Tx> {
  lease: Lease;
  record: OperationRecord;
  signal: AbortSignal;
  timeLimitMs: number;
  run(tx: Tx): Promise<Json>;
  change(result: Json): Change;
}

export type TransactionOutcome = { saved: true; change: Change } | { saved: false; error: unknown };

/**
 * Where operations are stored, as a worker needs it. The store alone decides who holds a lease and what is due, by its own clock. Every method may reject
 * without an outcome: the caller then reads the record again.
 */
export interface OperationStore<Tx> {
  /**
   * Records that the worker lives and what it knows, and lets operations continue that were parked for want of a definition that it has: in the state in which
   * they were parked.
   */
  announce(worker: WorkerState): Promise<void>;
  /**
   * Claims operations that are due and that the worker knows. One of another definition is claimed, to be parked, when it has been due for `unknownAfterMs`, this
   * worker has lived for as long, and no worker that knows the definition has: after an outage or during a deploy another process may have it.
   */
  claim(options: ClaimOptions): Promise<Claimed>;
  /**
   * Extends the lease and returns the operation as it is now; undefined when another claim holds it or the lease has ended. A lease that has ended is not
   * extended, even when no other worker has taken it.
   */
  renew(lease: Lease, leaseMs: number): Promise<OperationRecord | undefined>;
  /**
   * Records a change. Returns false, and records nothing, when the lease has ended, the token is not the operation's newest, or a cancel was requested that the
   * record does not know of. Rejects with the failure RESULT_INVALID when the change can never be stored.
   */
  save(lease: Lease, record: OperationRecord, change: Change): Promise<boolean>;
  /** Runs a step and records its change in one transaction, under the same conditions as `save`. */
  transact(work: TransactionWork<Tx>): Promise<TransactionOutcome>;
  /** Gives the lease back: another worker can claim the operation at once. */
  release(lease: Lease): Promise<void>;
  /**
   * Calls `onWake` with the id of each operation that was started, cancelled or signalled, until the signal, and without one when some may have been missed.
   * Wake-ups may be lost.
   */
  listen(onWake: (operationId?: string) => void, signal: AbortSignal): Promise<void>;
}
