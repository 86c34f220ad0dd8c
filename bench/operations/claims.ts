import { randomUUID } from "node:crypto";
import postgres from "postgres";
import type { WriteTx } from "#db/client.ts";
import { startOperation } from "#db/operations/requests.ts";
import { type OperationDefinition, OperationDefinitions } from "#lib/operations/definition.ts";
import { newId } from "#lib/uuid.ts";
import { limits } from "#tests/operations/drill.ts";
import { insertWaiting } from "#tests/operations/waiting.ts";
import { type Figure, percentile } from "../report.ts";
import { loadOpenWorkflow, openWorkflowName } from "./peers.ts";
import { type BenchServer, scope } from "./server.ts";

const backlog = 100_000;

/** Measures a claim of one operation among none, among 100,000 that wait, and among 100,000 that are due as well. */
export async function measureClaims(server: BenchServer, hasPeers: boolean): Promise<Figure[]> {
  const claimers = [ours(server), ...(hasPeers ? [await openworkflow(server)] : [])];
  const figures: Figure[] = [];
  for (const { name, once, addWaiting, addDue, stop } of claimers) {
    await medianMs(once);
    const alone = await medianMs(once);
    await addWaiting();
    const waiting = await medianMs(once);
    await addDue();
    const due = await medianMs(once);
    await stop();
    const among = (what: string, value: number): Figure => ({
      name: `${name}: a claim while 100,000 ${what}, p50`,
      value,
      unit: "ms",
      ratio: value / alone,
      against: "while none does",
      ...(name === "ours" ? { aim: "as quick" } : {}),
    });
    figures.push({ name: `${name}: a claim while none waits, p50`, value: alone, unit: "ms" });
    figures.push(among("wait", waiting), among("more are due", due));
  }
  return figures;
}

interface Claimer {
  name: string;
  /** Starts an operation, claims one, and ends it. Returns what the claim took. */
  once(): Promise<number>;
  addWaiting(): Promise<void>;
  addDue(): Promise<void>;
  stop(): Promise<void>;
}

/** Claims for a few seconds, at most 300 times. */
async function medianMs(once: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  const endsAt = performance.now() + 5_000;
  while (times.length < 300 && performance.now() < endsAt) times.push(await once());
  return percentile(times, 0.5);
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const began = performance.now();
  const result = await work();
  return { ms: performance.now() - began, result };
}

function ours({ owner, service, store }: BenchServer): Claimer {
  const kind = "claimed";
  const step = { type: "effect", name: "one", ...limits, run: async () => null } as const;
  const definition: OperationDefinition<WriteTx> = { kind, version: 1, steps: [step] };
  const { keys: known } = new OperationDefinitions([definition]);
  return {
    name: "ours",
    once: async () => {
      await service.write(scope, (tx) => startOperation(tx, definition, { input: null }));
      const leaseId = newId();
      const claim = { workerId: leaseId, leaseId, leaseMs: 60_000, limit: 1, known, unknownAfterMs: 60_000 };
      const { ms, result } = await timed(() => store.claim(claim));
      const [record] = result.records;
      if (!record) throw new Error("No operation was claimed.");
      const lease = { operationId: record.id, tenantId: record.tenantId, leaseId };
      await store.save(lease, record, { state: "done", next: "end" });
      return ms;
    },
    addWaiting: async () => {
      await insertWaiting(owner, { ...scope, kind, count: backlog });
      await owner`vacuum analyze operations`;
    },
    addDue: async () => {
      await owner`
        insert into operations (id, tenant_id, kind, definition_version, step_names, input)
        select gen_random_uuid(), ${scope.tenantId}, ${kind}, 1, '["one"]', 'null' from generate_series(1, ${backlog}::int)`;
      await owner`vacuum analyze operations`;
    },
    stop: async () => undefined,
  };
}

async function openworkflow({ urls }: BenchServer): Promise<Claimer> {
  const namespaceId = "claims";
  const backend = await (await loadOpenWorkflow()).backend(urls.openworkflow, { namespaceId });
  const owner = postgres(urls.openworkflow, { max: 1 });
  // A run that sleeps is stored as running, without a worker, and available when it is due.
  const add = async (status: string, availableIn: string) => {
    await owner`
      insert into openworkflow.workflow_runs (namespace_id, id, workflow_name, status, config, attempts, available_at, created_at, updated_at)
      select ${namespaceId}, gen_random_uuid(), 'claimed', ${status}, '{}', 0, now() + ${availableIn}::interval, now(), now()
      from generate_series(1, ${backlog}::int)`;
    await owner`vacuum analyze openworkflow.workflow_runs`;
  };
  const run = { workflowName: "claimed", version: null, idempotencyKey: null, config: {}, context: null, input: null };
  return {
    name: openWorkflowName,
    once: async () => {
      await backend.createWorkflowRun({ ...run, availableAt: null, deadlineAt: null });
      const workerId = randomUUID();
      const { ms, result } = await timed(() => backend.claimWorkflowRun({ workerId, leaseDurationMs: 60_000 }));
      if (!result) throw new Error("No run was claimed.");
      await backend.completeWorkflowRun({ workflowRunId: result.id, workerId, output: null });
      return ms;
    },
    addWaiting: () => add("running", "1 day"),
    addDue: () => add("pending", "0"),
    stop: async () => {
      await backend.stop();
      await owner.end();
    },
  };
}
