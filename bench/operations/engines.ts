import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import postgres from "postgres";
import type { WriteTx } from "#db/client.ts";
import { startOperation } from "#db/operations/requests.ts";
import { statement } from "#db/statement.ts";
import { type OperationDefinition, OperationDefinitions, type Step } from "#lib/operations/definition.ts";
import type { Change } from "#lib/operations/record.ts";
import type { OperationStore } from "#lib/operations/store.ts";
import { startWorker } from "#lib/operations/worker.ts";
import { limits } from "#tests/operations/drill.ts";
import { dbosName, loadDbos, loadOpenWorkflow, openWorkflowName } from "./peers.ts";
import { type BenchServer, scope } from "./server.ts";

/** One way to run four steps that each write a row. */
export interface Engine {
  name: string;
  /** Runs the four steps from the start to the end that is recorded. */
  runOne(): Promise<void>;
  aims?: { p50: string; rate: string };
}

export const inFlight = 16;
export const names = ["one", "two", "three", "four"];
const text = "insert into journal (what, operation_id, step) values ('applied', $1, $2)";

export type Stops = (() => Promise<unknown>)[];
/** Writes a step's row in a transaction of its own. All engines use the same connections for that, as many as there are operations in flight. */
export type WriteRow = (operationId: string, step: string) => Promise<unknown>;

export function rowWriter({ urls }: BenchServer, stops: Stops): WriteRow {
  const client = postgres(urls.ours, { max: inFlight, onnotice: () => undefined });
  stops.push(() => client.end());
  return (operationId, step) => client.unsafe(text, [operationId, step], { prepare: true });
}

/** The limit: the rows alone, and one more for the start. */
export const bareSequence = (write: WriteRow): Engine => ({
  name: "the bare sequence of the same writes",
  runOne: async () => {
    const operationId = randomUUID();
    for (const step of ["start", ...names]) await write(operationId, step);
  },
});

/** What has ended in this process, so that nobody has to ask the database. */
class Ends {
  readonly #waiting = new Map<string, () => void>();
  readonly #early = new Set<string>();

  note(id: string): void {
    const resolve = this.#waiting.get(id);
    if (!resolve) return void this.#early.add(id);
    this.#waiting.delete(id);
    resolve();
  }

  async of(id: string): Promise<void> {
    if (!this.#early.delete(id)) await new Promise<void>((resolve) => this.#waiting.set(id, resolve));
  }
}

const writeInTransaction = statement<never>(
  () => sql`
    insert into journal (what, operation_id, step)
    values ('applied', ${sql.placeholder("operationId")}::uuid, ${sql.placeholder("step")}::text)`,
);

export function ours({ service, store }: BenchServer, write: WriteRow, stops: Stops): Engine[] {
  const transactions: OperationDefinition<WriteTx> = {
    kind: "transactions",
    version: 1,
    steps: names.map((name): Step<WriteTx> => ({
      type: "transaction",
      name,
      ...limits,
      run: async ({ fence }, tx) => {
        await tx.execute(writeInTransaction, { operationId: fence.operationId, step: name });
        return null;
      },
    })),
  };
  const effects: OperationDefinition<WriteTx> = {
    kind: "effects",
    version: 1,
    steps: names.map((name): Step<WriteTx> => ({
      type: "effect",
      name,
      ...limits,
      run: async ({ fence }) => {
        await write(fence.operationId, name);
        return null;
      },
    })),
  };
  const ends = new Ends();
  const observed = noting(store, ends);
  const worker = startWorker({ store: observed, definitions: new OperationDefinitions([transactions, effects]) });
  stops.push(() => worker.stop());
  const by = (definition: OperationDefinition<WriteTx>) => async () => {
    const { id } = await service.write(scope, (tx) => startOperation(tx, definition, { input: null }));
    await ends.of(id);
  };
  return [
    { name: "ours, transactions", runOne: by(transactions), aims: { p50: "at most 8 ms", rate: "300/s" } },
    { name: "ours, effects", runOne: by(effects) },
  ];
}

function noting(store: OperationStore<WriteTx>, ends: Ends): OperationStore<WriteTx> {
  const note = (id: string, { next }: Change) => {
    if (next === "end") ends.note(id);
  };
  return {
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
}

/** openworkflow as it comes; with its only option; and with a claim of its own after each start, which its interface does not offer. */
export async function openworkflow({ urls }: BenchServer, write: WriteRow, stops: Stops): Promise<Engine[]> {
  const library = await loadOpenWorkflow();
  const prepare = async (namespaceId: string, concurrency: number) => {
    const backend = await library.backend(urls.openworkflow, { namespaceId });
    const client = new library.OpenWorkflow({ backend });
    const workflow = client.defineWorkflow<{ id: string }>({ name: "four" }, async ({ input, step }) => {
      for (const name of names) await step.run({ name }, () => write(input.id, name));
    });
    const worker = client.newWorker({ concurrency });
    stops.push(
      () => backend.stop(),
      () => worker.stop(),
    );
    return { backend, worker, start: () => workflow.run({ id: randomUUID() }) };
  };
  const polling = async (name: string, concurrency: number): Promise<Engine> => {
    const { worker, start } = await prepare(`${concurrency} at once`, concurrency);
    await worker.start();
    return {
      name,
      runOne: async () => void (await (await start()).result()),
    };
  };
  const { backend, worker, start } = await prepare("woken", inFlight);
  const ends = new Ends();
  const complete = backend.completeWorkflowRun.bind(backend);
  backend.completeWorkflowRun = async (done) => {
    const completed = await complete(done);
    ends.note(done.workflowRunId);
    return completed;
  };
  const woken = async () => {
    const { workflowRun } = await start();
    // A claim passes over what another one holds at that moment, and may find nothing.
    while ((await worker.claimAndProcessWorkflowRunInBackground(randomUUID())) === null);
    await ends.of(workflowRun.id);
  };
  return [
    await polling(`${openWorkflowName} as it comes`, 1),
    await polling(`${openWorkflowName}, ${inFlight} at once (its only option)`, inFlight),
    { name: `${openWorkflowName}, claimed at each start by a private method`, runOne: woken },
  ];
}

/** DBOS, where the process that starts a workflow runs it. */
export async function dbos({ urls }: BenchServer, write: WriteRow, stops: Stops): Promise<Engine> {
  const { DBOS } = await loadDbos();
  const four = DBOS.registerWorkflow(
    async (id: string) => {
      for (const name of names) await DBOS.runStep(async () => void (await write(id, name)), { name });
    },
    { name: "four" },
  );
  DBOS.setConfig({
    name: "bench",
    systemDatabaseUrl: urls.dbos,
    systemDatabasePoolSize: inFlight,
    logLevel: "error",
  });
  await DBOS.launch();
  stops.push(() => DBOS.shutdown());
  return { name: dbosName, runOne: async () => void (await four(randomUUID())) };
}
