// A worker as a process of its own, whose operations take the slot of their VM from the vms subgraph over HTTP. Its argument is JSON: the URL of the database of
// the operations, that of the subgraph, the lease, and whether its steps never end. It prints a line when a step that never ends begins.
import { openDatabase } from "#db/client.ts";
import { operationStore } from "#db/operations/store.ts";
import { OperationDefinitions } from "#lib/operations/definition.ts";
import { startWorker } from "#lib/operations/worker.ts";
import { callSigner } from "#lib/trust/call-keys.ts";
import { callsOverHttp } from "#runtime/service-calls.ts";
import { jobsKeys, type SlotWorkerOptions, workOnVm } from "./slot-drill.ts";

const { url, vmsUrl, leaseMs, hangs } = JSON.parse(process.argv[2] ?? "{}") as SlotWorkerOptions;
const print = (line: string) => process.stdout.write(`${line}\n`);

const service = await openDatabase({ domain: "vms", url });
const system = await openDatabase({ domain: "vms", url, as: "system" });
const definition = workOnVm(callsOverHttp(callSigner("jobs", jobsKeys), { vms: vmsUrl }), async () => {
  if (!hangs) return;
  print("works");
  await new Promise<void>(() => undefined);
});
startWorker({
  store: operationStore({ service, system, url }),
  definitions: new OperationDefinitions([definition]),
  leaseMs,
  pollMs: 100,
});
print("ready");
