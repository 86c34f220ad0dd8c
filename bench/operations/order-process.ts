// A process that runs orders with one of the engines. Its argument is JSON: the engine, the URL of its database, and the name by which DBOS assigns workflows.
// It prints "ready", and starts an order for each line on standard input.
import { createInterface } from "node:readline";
import postgres from "postgres";
import { openDatabase, type WriteTx } from "#db/client.ts";
import { startOperation } from "#db/operations/requests.ts";
import { operationStore } from "#db/operations/store.ts";
import {
  type OperationDefinition,
  OperationDefinitions,
  type Step,
  type StepContext,
} from "#lib/operations/definition.ts";
import { StepFailure } from "#lib/operations/failures.ts";
import { startWorker } from "#lib/operations/worker.ts";
import { newId } from "#lib/uuid.ts";
import { limits } from "#tests/operations/drill.ts";
import { orderEffects, type OrderInput, ShipmentFailed } from "./order.ts";
import { loadDbos, loadOpenWorkflow } from "./peers.ts";

export interface OrderProcess {
  engine: "ours" | "openworkflow" | "dbos";
  url: string;
  executor: string;
}

const { engine, url, executor } = JSON.parse(process.argv[2] ?? "{}") as OrderProcess;
const { pay, ship, refund } = orderEffects(postgres(url, { max: 4, onnotice: () => undefined }));

type Start = (input: OrderInput) => Promise<unknown>;

async function ours(): Promise<Start> {
  const step = (
    name: string,
    run: (input: OrderInput) => Promise<void>,
    undo?: (input: OrderInput) => Promise<void>,
  ): Step<WriteTx> => ({
    type: "effect",
    name,
    ...limits,
    run: async ({ input }) => {
      await run(input as unknown as OrderInput);
      return null;
    },
    ...(undo ? { undo: ({ input }: StepContext) => undo(input as unknown as OrderInput) } : {}),
  });
  const shipOrFail = (input: OrderInput) =>
    ship(input).catch((error: unknown) => {
      if (!(error instanceof ShipmentFailed)) throw error;
      throw new StepFailure("SHIPMENT_FAILED", error.message, { isFinal: true });
    });
  const definition: OperationDefinition<WriteTx> = {
    kind: "order",
    version: 1,
    steps: [step("pay", pay, refund), step("ship", shipOrFail)],
  };
  const service = await openDatabase({ domain: "vms", url });
  const system = await openDatabase({ domain: "vms", url, as: "system" });
  startWorker({ store: operationStore({ service, system, url }), definitions: new OperationDefinitions([definition]) });
  return (input) =>
    service.write({ tenantId: newId() }, (tx) => startOperation(tx, definition, { input: { ...input } }));
}

async function openworkflow(): Promise<Start> {
  const library = await loadOpenWorkflow();
  const client = new library.OpenWorkflow({ backend: await library.backend(url) });
  const workflow = client.defineWorkflow<OrderInput>({ name: "order" }, async ({ input, step }) => {
    await step.run({ name: "pay" }, () => pay(input));
    try {
      await step.run({ name: "ship", retryPolicy: { maximumAttempts: 1 } }, () => ship(input));
    } catch {
      await step.run({ name: "refund" }, () => refund(input));
    }
  });
  await client.newWorker({ concurrency: 16 }).start();
  return (input) => workflow.run(input);
}

async function dbos(): Promise<Start> {
  const { DBOS } = await loadDbos();
  const workflow = DBOS.registerWorkflow(
    async (input: OrderInput) => {
      await DBOS.runStep(() => pay(input), { name: "pay" });
      try {
        await DBOS.runStep(() => ship(input), { name: "ship" });
      } catch {
        await DBOS.runStep(() => refund(input), { name: "refund" });
      }
    },
    { name: "order" },
  );
  DBOS.setConfig({ name: "bench", systemDatabaseUrl: url, executorID: executor, logLevel: "error" });
  await DBOS.launch();
  return (input) => DBOS.startWorkflow(workflow, { workflowID: input.order })(input);
}

const start = await { ours, openworkflow, dbos }[engine]();
createInterface(process.stdin).on("line", (line) => void start(JSON.parse(line) as OrderInput));
process.stdout.write("ready\n");
