import { log } from "#lib/observability/log.ts";
import { invalidResult } from "#lib/operations/failures.ts";
import type { Change, OperationRecord, StepRecord } from "#lib/operations/record.ts";
import type { Claimed, Lease, OperationStore } from "#lib/operations/store.ts";
import { pause } from "#lib/pause.ts";
import type { Database, WriteTx } from "../client.ts";
import { isInvalidValue } from "../database-errors.ts";
import { openSession } from "../event-log/session.ts";
import { eventNames } from "./events.ts";
import {
  announceWorker,
  channel,
  claimDue,
  extendLease,
  readClaimed,
  releaseLease,
  saveChange,
  saveChangeOrFail,
  type StoredOperation,
} from "./statements.ts";

export interface OperationStoreOptions {
  /** The database under its service role: the steps in transactions of a tenant. */
  service: Database;
  /** The same database under its system role: claims cross tenants. */
  system: Database;
  /** The URL with which the system role logs in, for the connection that listens. */
  url: string;
}

const reconnectMs = 200;

/** Returns the operations of one domain's database, as a worker needs them. Only the database's clock decides about leases. */
export function operationStore({ service, system, url }: OperationStoreOptions): OperationStore<WriteTx> {
  const events = eventNames(system.domain);
  const read = async (ids: readonly string[], leaseId: string): Promise<OperationRecord[]> =>
    (await system.run(readClaimed, { ids, leaseId })).map(recordOf);
  return {
    announce: async (worker) => {
      await system.run(announceWorker, { ...worker, ...events });
    },
    claim: async (options): Promise<Claimed> => {
      const { leaseId } = options;
      const [claimed] = await system.run(claimDue, { ...options });
      const { first = [], ids = [], nextInMs } = claimed ?? {};
      const others = ids.length > 0 ? await read(ids, leaseId) : [];
      return { records: [...first.map(recordOf), ...others], nextInMs: nextInMs ?? undefined };
    },
    renew: async (lease, leaseMs) => {
      const renewed = await system.run(extendLease, { ...parametersOf(lease), leaseMs });
      return renewed.length > 0 ? (await read([lease.operationId], lease.leaseId))[0] : undefined;
    },
    save: async (lease, record, change) => {
      try {
        return (await system.run(saveChange, { ...changeParameters(lease, record, change), ...events })).length > 0;
      } catch (error) {
        throw isInvalidValue(error) ? invalidResult() : error;
      }
    },
    transact: async ({ lease, record, signal, timeLimitMs, run, change }) => {
      const { tenantId, actor, requestId } = record;
      const operationId = lease.operationId;
      const scope = { tenantId, actor, requestId, operationId, signal, deadline: Date.now() + timeLimitMs };
      try {
        const made = await service.write(scope, async (tx) => {
          const result = change(await run(tx));
          tx.enqueue(saveChangeOrFail, { ...changeParameters(lease, record, result), ...events });
          return result;
        });
        return { saved: true, change: made };
      } catch (error) {
        return { saved: false, error };
      }
    },
    release: async (lease) => {
      await system.run(releaseLease, parametersOf(lease));
    },
    listen: (onWake, signal) => listen({ domain: system.domain, url }, onWake, signal),
  };
}

const parametersOf = ({ operationId, tenantId, leaseId }: Lease) => ({ id: operationId, tenantId, leaseId });

const changeParameters = (lease: Lease, { token, cancelRequested }: OperationRecord, change: Change) => {
  const { state, step, begins, error, leftBehind, waitingFor, next } = change;
  return {
    ...parametersOf(lease),
    token,
    knowsOfCancel: cancelRequested,
    state,
    steps: JSON.stringify([step, begins].filter((each) => each !== undefined)),
    error: error ? JSON.stringify(error) : null,
    leftBehind: leftBehind ? JSON.stringify(leftBehind) : null,
    waitingFor: waitingFor ?? null,
    next: typeof next === "string" ? next : "resume",
    resumeInMs: typeof next === "string" ? null : next.resumeInMs,
  };
};

function recordOf({ actor, requestId, resumesInMs, steps, ...rest }: StoredOperation): OperationRecord {
  return {
    ...rest,
    actor: actor ?? undefined,
    requestId: requestId ?? undefined,
    resumesInMs: resumesInMs ?? undefined,
    steps: steps.map(({ result, error, ...step }): StepRecord => ({
      ...step,
      // JSON's null and an absent result are stored alike: only of a step that is done the result is known.
      ...(result !== null || step.state === "done" ? { result: result ?? null } : {}),
      ...(error ? { error } : {}),
    })),
  };
}

/** Listens on a connection of its own, and opens another when it breaks. */
async function listen(
  { domain, url }: Pick<Database, "domain"> & { url: string },
  onWake: (operationId?: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  while (!signal.aborted) {
    try {
      const onNotify = (_channel: string, payload: string) => onWake(payload);
      const session = await openSession({ domain, url, name: "novacron operations", channels: [channel], onNotify });
      // What was notified before was not received.
      onWake();
      await Promise.race([session.closed, aborted]);
      await session.close();
    } catch (error) {
      log.operations.debug({ err: error, database: domain }, "listening to a database failed and will be tried again");
    }
    await pause(reconnectMs, signal);
  }
}
