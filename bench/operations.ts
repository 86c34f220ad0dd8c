import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { sql } from "drizzle-orm";
import postgres from "postgres";
import { type Database, openDatabase, type WriteTx } from "#db/client.ts";
import { startEmbeddedPostgres } from "#db/embedded/start.ts";
import { migrateDomain } from "#db/migrate.ts";
import { startOperation } from "#db/operations/requests.ts";
import { operationStore } from "#db/operations/store.ts";
import { statement } from "#db/statement.ts";
import { type OperationDefinition, OperationDefinitions, type Step } from "#lib/operations/definition.ts";
import type { Change } from "#lib/operations/record.ts";
import type { OperationStore } from "#lib/operations/store.ts";
import { startWorker } from "#lib/operations/worker.ts";
import { newId } from "#lib/uuid.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";
import { createCallee, drill, limits } from "#tests/operations/drill.ts";
import { type Figure, percentile } from "./report.ts";

const scope = { tenantId: newId(), actor: "job:bench" };
const inFlight = 16;

interface Bench {
  url: string;
  owner: postgres.Sql;
  service: Database;
  system: Database;
  store: OperationStore<WriteTx>;
  quick: boolean;
}

/**
 * Measures durable operations on the embedded server, which flushes every commit: four steps next to the bare sequence of their writes, one after the other and
 * 16 in flight; claims while 100,000 operations wait; what 10,000 waiting operations cost; and how long after `kill -9` another process has taken over.
 */
export async function run({ quick }: { quick: boolean }): Promise<Figure[]> {
  const dataDir = temporaryDataDir("novacron-bench-");
  const stops: (() => Promise<unknown>)[] = [async () => rmSync(dataDir, { recursive: true, force: true })];
  try {
    const embedded = await startEmbeddedPostgres({ dataDir, databases: ["novacron_vms"] });
    stops.push(() => embedded.stop());
    const url = embedded.url("novacron_vms");
    await migrateDomain(url, "vms");
    const service = await openDatabase({ domain: "vms", url });
    const system = await openDatabase({ domain: "vms", url, as: "system" });
    const owner = postgres(url, { max: 1, onnotice: () => undefined });
    stops.push(
      () => service.close(),
      () => system.close(),
      () => owner.end(),
    );
    await createCallee(owner);
    const bench = { url, owner, service, system, store: operationStore({ service, system, url }), quick };
    return [...(await fourSteps(bench)), ...(await claims(bench)), ...(await waits(bench)), await takeOver(bench)];
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

const write = statement<never>(
  () => sql`
    insert into journal (what, operation_id, step)
    values ('applied', ${sql.placeholder("operationId")}::uuid, ${sql.placeholder("step")}::text)`,
);
const names = ["one", "two", "three", "four"];
const transactions: OperationDefinition<WriteTx> = {
  kind: "transactions",
  version: 1,
  steps: names.map((name): Step<WriteTx> => ({
    type: "transaction",
    name,
    ...limits,
    run: async ({ fence }, tx) => {
      await tx.execute(write, { operationId: fence.operationId, step: name });
      return null;
    },
  })),
};
const effects: OperationDefinition<WriteTx> = {
  kind: "effects",
  version: 1,
  steps: names.map((name): Step<WriteTx> => ({ type: "effect", name, ...limits, run: async () => null })),
};

/** Wraps a store so that the end of an operation can be awaited in this process. */
function observed(store: OperationStore<WriteTx>) {
  const waiting = new Map<string, () => void>();
  const ended = new Set<string>();
  const note = (id: string, { next }: Change) => {
    if (next !== "end") return;
    ended.add(id);
    waiting.get(id)?.();
  };
  const wrapped: OperationStore<WriteTx> = {
    ...store,
    save: async (lease, record, change) => {
      const isSaved = await store.save(lease, record, change);
      if (isSaved) note(record.id, change);
      return isSaved;
    },
    transact: async (work) => {
      const outcome = await store.transact(work);
      if (outcome.saved) note(work.record.id, outcome.change);
      return outcome;
    },
  };
  const end = async (id: string) => {
    if (!ended.has(id)) await new Promise<void>((resolve) => waiting.set(id, resolve));
    waiting.delete(id);
    ended.delete(id);
  };
  return { store: wrapped, end };
}

async function fourSteps({ service, store, quick }: Bench): Promise<Figure[]> {
  const [rounds, each] = quick ? [3, 60] : [8, 250];
  const { store: seen, end } = observed(store);
  const worker = startWorker({ store: seen, definitions: new OperationDefinitions([transactions, effects]) });
  const bySteps = (definition: OperationDefinition<WriteTx>) => async () => {
    const started = await service.write(scope, (tx) => startOperation(tx, definition, { input: null }));
    await end(started.id);
  };
  const contenders = {
    bare: async () => {
      const operationId = newId();
      for (const step of ["start", ...names])
        await service.write(scope, async (tx) => void (await tx.execute(write, { operationId, step })));
    },
    transactions: bySteps(transactions),
    effects: bySteps(effects),
  };
  const times: Record<string, number[]> = {};
  const rates: Record<string, number[]> = {};
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, runOne] of Object.entries(contenders)) {
      const own: number[] = [];
      for (let count = 0; count < each; count += 1) {
        const began = performance.now();
        await runOne();
        own.push(performance.now() - began);
      }
      const began = performance.now();
      let left = 4 * each;
      await Promise.all(
        Array.from({ length: inFlight }, async () => {
          while (left-- > 0) await runOne();
        }),
      );
      // The first round warms up.
      if (round < 0) continue;
      (times[name] ??= []).push(...own);
      (rates[name] ??= []).push((4 * each * 1_000) / (performance.now() - began));
    }
  }
  await worker.stop();
  const p50 = (name: string) => percentile(times[name] ?? [], 0.5);
  const rate = (name: string) => percentile(rates[name] ?? [], 0.5);
  const compared = (name: string, aims: [string, string] | []) => [
    {
      name: `four ${name}, one operation after the other, p50`,
      value: p50(name),
      unit: "ms",
      ratio: p50(name) / p50("bare"),
      against: "the bare sequence",
      ...(aims[0] ? { aim: aims[0] } : {}),
    },
    {
      name: `four ${name}, ${inFlight} operations in flight`,
      value: rate(name),
      unit: "/s",
      ratio: rate(name) / rate("bare"),
      against: "the bare sequence",
      ...(aims[1] ? { aim: aims[1] } : {}),
    },
  ];
  return [
    { name: "the bare sequence of the same writes, p50", value: p50("bare"), unit: "ms" },
    { name: `the bare sequence, ${inFlight} in flight`, value: rate("bare"), unit: "/s" },
    ...compared("transactions", ["at most 8 ms", "300/s"]),
    ...compared("effects", []),
  ];
}

/** Inserts operations that wait: half for a signal, half for a time tomorrow. */
const insertWaiting = (owner: postgres.Sql, count: number) => owner`
  insert into operations (id, tenant_id, kind, definition_version, input, state, waiting_for, claimable_at, resumes_at)
  select gen_random_uuid(), ${scope.tenantId}, 'effects', 1, 'null', 'waiting', case when n % 2 = 0 then 'go' end, due, due
  from generate_series(1, ${count}::int) n, lateral (select case when n % 2 = 1 then now() + interval '1 day' end as due) as of`;

async function claims({ owner, service, store, quick }: Bench): Promise<Figure[]> {
  const measure = async () => {
    const times: number[] = [];
    for (let count = 0; count < (quick ? 100 : 500); count += 1) {
      const { id } = await service.write(scope, (tx) => startOperation(tx, effects, { input: null }));
      const leaseId = newId();
      const began = performance.now();
      const { records } = await store.claim({
        leaseId,
        leaseMs: 60_000,
        limit: 16,
        known: ["effects@1"],
        unknownAfterMs: 60_000,
      });
      times.push(performance.now() - began);
      const [record] = records;
      if (record)
        await store.save({ operationId: id, tenantId: scope.tenantId, leaseId }, record, {
          state: "done",
          next: "end",
        });
    }
    return percentile(times, 0.5);
  };
  await measure();
  const alone = await measure();
  await insertWaiting(owner, 100_000);
  await owner`vacuum analyze operations`;
  const among = await measure();
  await owner`delete from operations where state = 'waiting'`;
  await owner`vacuum operations`;
  return [
    { name: "a claim while none waits, p50", value: alone, unit: "ms" },
    {
      name: "a claim while 100,000 wait, p50",
      value: among,
      unit: "ms",
      ratio: among / alone,
      against: "while none waits",
      aim: "as quick",
    },
  ];
}

/** Measures an idle worker with and without waiting operations: its statements, and the processor time of this process. */
async function waits({ url, owner, service, system, quick }: Bench): Promise<Figure[]> {
  const seconds = quick ? 3 : 10;
  const idle = async () => {
    let statements = 0;
    const counted: Database = {
      ...system,
      run: (...call) => {
        statements += 1;
        return system.run(...call);
      },
    };
    const store = operationStore({ service, system: counted, url });
    const worker = startWorker({ store, definitions: new OperationDefinitions([effects]) });
    await delay(1_500);
    const [before, cpu] = [statements, process.cpuUsage()];
    await delay(1_000 * seconds);
    const used = process.cpuUsage(cpu);
    const sent = statements - before;
    await worker.stop();
    return { sent, cpuMs: (used.user + used.system) / 1_000 };
  };
  const none = await idle();
  await insertWaiting(owner, 10_000);
  const many = await idle();
  await owner`delete from operations where state = 'waiting'`;
  return [
    { name: `statements of an idle worker in ${seconds} s`, value: none.sent, unit: "" },
    { name: "the same while 10,000 operations wait", value: many.sent, unit: "", aim: "no more" },
    { name: `processor time of an idle worker in ${seconds} s`, value: none.cpuMs, unit: "ms" },
    { name: "the same while 10,000 operations wait", value: many.cpuMs, unit: "ms", aim: "no more" },
  ];
}

/** Kills the process that runs an operation, and measures until another process has ended it. */
async function takeOver({ url, owner, service, quick }: Bench): Promise<Figure> {
  const leaseMs = quick ? 2_000 : 10_000;
  const workers: ChildProcess[] = [];
  for (let count = 0; count < 2; count += 1) {
    const argument = JSON.stringify({ url, leaseMs });
    const worker = spawn(process.execPath, ["--import", "tsx", "tests/operations/worker-process.ts", argument], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    workers.push(worker);
    if (worker.stdout) await once(worker.stdout, "data");
  }
  const definition = drill({ callee: service });
  const { id } = await service.write(scope, (tx) => startOperation(tx, definition, { input: { dieAt: "reserve took effect" } }));
  let ms: number | undefined;
  while (ms === undefined) {
    const [row] = await owner<{ ms: number }[]>`
      select extract(epoch from ended_at - died_at)::float8 * 1000 as ms from operations join deaths on operation_id = id
      where id = ${id} and ended_at is not null`;
    ms = row?.ms;
    await delay(50);
  }
  for (const worker of workers) worker.kill("SIGKILL");
  return {
    name: `an operation ends elsewhere after kill -9, lease ${leaseMs / 1_000} s`,
    value: ms,
    unit: "ms",
    aim: "the lease and a second",
  };
}
