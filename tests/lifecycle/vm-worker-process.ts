// A worker as a process of its own, which runs the operations on VMs. Its argument is JSON: `VmWorkerOptions`. The scheduler subgraph is in the same process. It
// prints a line for each boundary that an operation passes and for each operation that has ended, and kills what the plan of an operation wants to be killed.
import { setTimeout as delay } from "node:timers/promises";
import postgres from "postgres";
import { openDatabase } from "#db/client.ts";
import { cancelOperation } from "#db/operations/requests.ts";
import { operationStore } from "#db/operations/store.ts";
import { connectSimulatedHypervisor } from "#hypervisors/simulated/client.ts";
import { readConnection } from "#hypervisors/simulated/connection-file.ts";
import { OperationDefinitions } from "#lib/operations/definition.ts";
import { startWorker } from "#lib/operations/worker.ts";
import { callsInProcess } from "#runtime/service-calls.ts";
import { createSchedulerSubgraph } from "#subgraphs/scheduler/subgraph.ts";
import { vmOperations } from "#subgraphs/vms/operations/vm-operations.ts";
import { type Pass, stepsWithBoundaries, storeWithBoundaries } from "#tests/operations/boundaries.ts";
import { machineryWithBoundaries } from "./machinery-boundaries.ts";
import { type Plan, planOf, type VmWorkerOptions } from "./kill-plans.ts";

const { vms: url, scheduler, folder, leaseMs } = JSON.parse(process.argv[2] ?? "{}") as VmWorkerOptions;
const print = (line: string) => process.stdout.write(`${line}\n`);

const service = await openDatabase({ domain: "vms", url });
const system = await openDatabase({ domain: "vms", url, as: "system" });
// Its own connections: an operation is at a boundary in the middle of a transaction too.
const control = postgres(url, { max: 2, onnotice: () => undefined });
const canceller = await openDatabase({ domain: "vms", url, maxConnections: 1 });
const subgraph = createSchedulerSubgraph({ database: await openDatabase({ domain: "scheduler", url: scheduler }) });

const plans = new Map<string, Plan | undefined>();

async function pass(operationId: string, boundary: string): Promise<void> {
  print(`passed ${operationId} ${boundary}`);
  if (!plans.has(operationId)) plans.set(operationId, await planOf(control, operationId));
  const plan = plans.get(operationId);
  if (!plan) return;
  if (plan.cancelAt === boundary)
    await canceller.write<unknown>({ tenantId: plan.tenantId }, (tx) => cancelOperation(tx, operationId));
  if (plan.boundary !== boundary || plan.victim === null) return;
  const first = await control`
    update kill_plans set killed_at = clock_timestamp() where id = ${plan.id} and killed_at is null returning id`;
  if (first.length === 0) return;
  const { pid } = readConnection(folder)?.process ?? {};
  if (plan.victim !== "worker" && pid !== undefined) process.kill(pid, "SIGKILL");
  if (plan.victim === "hypervisor") return;
  process.kill(process.pid, "SIGKILL");
  await delay(10_000);
}

const passRecord: Pass = ({ id }, boundary) => pass(id, boundary);
const machinery = machineryWithBoundaries(
  { hypervisor: connectSimulatedHypervisor({ folder }), calls: callsInProcess("jobs", [subgraph]) },
  pass,
);
startWorker({
  store: storeWithBoundaries(operationStore({ service, system, url }), passRecord, print),
  definitions: new OperationDefinitions(
    vmOperations(() => machinery).map((definition) => stepsWithBoundaries(definition, passRecord)),
  ),
  leaseMs,
  pollMs: 100,
});
print("ready");
