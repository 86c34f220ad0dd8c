// A worker as a process of its own. Its argument is JSON: `WorkerProcessOptions`. It prints a line for each refusal, for each boundary that it stops at or that
// an operation wants to be listed, and for each operation that has ended. It continues at a line on standard input.
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { openDatabase, type WriteTx } from "#db/client.ts";
import { scheduleStore } from "#db/operations/schedules.ts";
import { operationStore } from "#db/operations/store.ts";
import { statement } from "#db/statement.ts";
import { type OperationDefinition, OperationDefinitions } from "#lib/operations/definition.ts";
import { followSchedules } from "#lib/operations/follow-schedules.ts";
import { startWorker } from "#lib/operations/worker.ts";
import { drill as productDrill } from "#subgraphs/vms/operations/drill.ts";
import { type Pass, stepsWithBoundaries, storeWithBoundaries } from "./boundaries.ts";
import { drill, guarded } from "./drill.ts";
import { callsOf, saga } from "./saga.ts";
import { scheduleOfDrill } from "./schedule-of-drill.ts";
import type { WorkerProcessOptions } from "./worker-processes.ts";

const {
  url,
  leaseMs,
  holds,
  schedule,
  clockAheadMs = 0,
  calleeUrl,
} = JSON.parse(process.argv[2] ?? "{}") as WorkerProcessOptions;
const print = (line: string) => process.stdout.write(`${line}\n`);

if (clockAheadMs !== 0) {
  const { now } = Date;
  globalThis.Date = class extends Date {
    constructor(...given: [] | [number | string | Date]) {
      super(given[0] ?? now() + clockAheadMs);
    }
    static override now = () => now() + clockAheadMs;
  } as DateConstructor;
}

const service = await openDatabase({ domain: "vms", url });
const system = await openDatabase({ domain: "vms", url, as: "system" });
const callee = await openDatabase({ domain: "vms", url });

const die = statement<{ id: string }>(
  () =>
    sql`insert into deaths (operation_id) values (${sql.placeholder("id")}::uuid) on conflict do nothing returning operation_id as id`,
);

/** What an operation's input wants of the process at its boundaries. */
interface Wanted {
  /** Dies there, if no process has died of the operation yet. */
  dieAt?: string;
  holdAt?: string;
  listsBoundaries?: boolean;
}

const pass: Pass = async ({ id, tenantId, input }, boundary) => {
  const { dieAt, holdAt, listsBoundaries } = (input ?? {}) as Wanted;
  if (listsBoundaries) print(`passed ${boundary}`);
  if (holds && holdAt === boundary) {
    print(`holds at ${boundary}`);
    await once(process.stdin, "data");
  }
  if (dieAt !== boundary || (await callee.write({ tenantId }, (tx) => tx.run(die, { id }))).length === 0) return;
  process.kill(process.pid, "SIGKILL");
  await delay(10_000);
};

const guard = { callee, refused: (what: string) => void print(`${what} refused`) };
const definitions: OperationDefinition<WriteTx>[] = [
  drill(guard),
  guarded(guard, productDrill),
  ...(calleeUrl === undefined ? [] : [saga(callsOf(calleeUrl))]),
];
startWorker({
  store: storeWithBoundaries(operationStore({ service, system, url }), pass, print),
  definitions: new OperationDefinitions(definitions.map((definition) => stepsWithBoundaries(definition, pass))),
  leaseMs,
  pollMs: 100,
});
if (schedule) {
  const scheduled = scheduleOfDrill(drill(guard), schedule);
  void followSchedules(scheduleStore(system), [scheduled], new AbortController().signal);
}
print("ready");
