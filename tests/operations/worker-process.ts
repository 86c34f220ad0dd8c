// A worker as a process of its own. Its argument is JSON: the URL of the vms database, the lease, whether its steps stop where their operation's input says,
// and when such an operation starts by itself. It prints a line for each step that it stops at and for each refusal, and continues at a line on standard input.
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { openDatabase, type WriteTx } from "#db/client.ts";
import { scheduleStore } from "#db/operations/schedules.ts";
import { operationStore } from "#db/operations/store.ts";
import { statement } from "#db/statement.ts";
import { OperationDefinitions } from "#lib/operations/definition.ts";
import { followSchedules } from "#lib/operations/follow-schedules.ts";
import type { OperationRecord } from "#lib/operations/record.ts";
import type { OperationStore } from "#lib/operations/store.ts";
import { startWorker } from "#lib/operations/worker.ts";
import { drill } from "./drill.ts";
import { scheduleOfDrill } from "./schedule-of-drill.ts";
import type { WorkerProcessOptions } from "./worker-processes.ts";

const { url, leaseMs, holds, schedule } = JSON.parse(process.argv[2] ?? "{}") as WorkerProcessOptions;
const print = (line: string) => process.stdout.write(`${line}\n`);

const service = await openDatabase({ domain: "vms", url });
const system = await openDatabase({ domain: "vms", url, as: "system" });
const callee = await openDatabase({ domain: "vms", url });

const die = statement<{ id: string }>(
  () =>
    sql`insert into deaths (operation_id) values (${sql.placeholder("id")}::uuid) on conflict do nothing returning operation_id as id`,
);
const passed = new Map<string, number>();

/** Dies at the boundary whose number the operation's input has, if no process has died of that operation yet. */
async function boundary({ id, tenantId, input }: OperationRecord): Promise<void> {
  const count = (passed.get(id) ?? 0) + 1;
  passed.set(id, count);
  if ((input as { dieAt?: number } | null)?.dieAt !== count) return;
  if ((await callee.write({ tenantId }, (tx) => tx.run(die, { id }))).length === 0) return;
  process.kill(process.pid, "SIGKILL");
  await delay(10_000);
}

const real = operationStore({ service, system, url });
const store: OperationStore<WriteTx> = {
  ...real,
  claim: async (options) => {
    const claimed = await real.claim(options);
    for (const record of claimed.records) await boundary(record);
    return claimed;
  },
  renew: async (lease, ms) => {
    const record = await real.renew(lease, ms);
    if (!record) print("renewal refused");
    return record;
  },
  save: async (lease, record, change) => {
    await boundary(record);
    const isSaved = await real.save(lease, record, change);
    if (!isSaved) print("save refused");
    await boundary(record);
    return isSaved;
  },
  transact: async (work) => {
    const outcome = await real.transact({
      ...work,
      run: async (tx) => {
        const result = await work.run(tx);
        await boundary(work.record);
        return result;
      },
    });
    if (!outcome.saved) print("transaction refused");
    await boundary(work.record);
    return outcome;
  },
};

const definition = drill({
  callee,
  refused: (what) => print(`${what} refused`),
  at: async (point, { fence, tenantId, input }) => {
    if (holds && input["holdAt"] === point) {
      print(`holds at ${point}`);
      await once(process.stdin, "data");
    }
    await boundary({ id: fence.operationId, tenantId, input } as unknown as OperationRecord);
  },
});
if (schedule)
  void followSchedules(scheduleStore(system), [scheduleOfDrill(definition, schedule)], new AbortController().signal);
startWorker({ store, definitions: new OperationDefinitions([definition]), leaseMs, pollMs: 100 });
print("ready");
