import postgres from "postgres";
import type { WriteTx } from "#db/client.ts";
import { lastSafePosition, type OperationDefinition } from "#lib/operations/definition.ts";
import { ofWorkersAlone } from "#subgraphs/vms/operations/machinery.ts";
import { vmOperations } from "#subgraphs/vms/operations/vm-operations.ts";
import { until } from "#tests/events/until.ts";
import { keepAlive } from "#tests/operations/worker-processes.ts";
import { type Lifecycle, openLifecycle } from "./fixture.ts";
import { contradictionsIn, readFleet } from "./fleet-audit.ts";
import { createPlans, endPlan, hasKilled, makePlan, type Victim, type VmWorkerOptions } from "./kill-plans.ts";
import { type Scenario, slow } from "./kill-scenarios.ts";

/** The kinds of operations that the product has, by their definitions. */
export const definitions = new Map<string, OperationDefinition<WriteTx>>(
  vmOperations(ofWorkersAlone).map((definition) => [definition.kind, definition]),
);

/** Whether an operation works, or is cancelled as late as it can be. */
export const ends = ["done", "compensated"] as const;
export type End = (typeof ends)[number];

/** A way through an operation to one of its ends. */
export interface Course {
  kind: string;
  scenario: Scenario;
  end: End;
}

/** A product whose operations on VMs run in two processes, on a simulated hypervisor in a third one. What dies is started again. */
export interface Kills {
  lifecycle: Lifecycle;
  /** Runs the course without a kill, and returns the boundaries that it passes, in their order. */
  boundariesOf(course: Course): Promise<string[]>;
  /** Runs the course, and kills at one boundary. */
  killAt(course: Course, boundary: string, victim: Victim): Promise<void>;
  /** Runs the course without a kill, and returns the id of its VM. */
  undisturbed(course: Course): Promise<string>;
  /** Returns what an audit of the databases and of the hypervisor's store finds, and earlier ones have not. */
  audit(): Promise<string[]>;
  stop(): Promise<void>;
}

/** Returns the last moment at which an operation can be cancelled. */
function lastCancel({ steps }: OperationDefinition<WriteTx>): string {
  const step = steps[lastSafePosition({ steps }) ?? -1];
  if (!step) throw new Error("The operation has no last safe point.");
  // The transaction of the start has done the first one.
  return step.name === "take_vm_slot" ? "claimed pending" : `${step.name} took effect`;
}

export async function startKills({ nodes = 3 } = {}): Promise<Kills> {
  const { stop: stopLifecycle, ...lifecycle } = await openLifecycle(nodes, { worksElsewhere: true, nodeSize: 1_000 });
  const { product, hypervisor } = lifecycle;
  const owner = postgres(product.urls.url("vms"), { max: 2, onnotice: () => undefined });
  await createPlans(owner);
  await hypervisor.configure(slow);
  const options: VmWorkerOptions = {
    vms: product.urls.url("vms"),
    scheduler: product.urls.url("scheduler"),
    folder: hypervisor.folder,
    leaseMs: 500,
  };
  const workers = await keepAlive(2, options, "tests/lifecycle/vm-worker-process.ts");
  const over = new AbortController();
  const reviving = (async () => {
    while (!over.signal.aborted) {
      await hypervisor.ended();
      if (!over.signal.aborted) await hypervisor.run();
    }
  })();
  const effects = new Map<string, number>();
  const reported = new Set<string>();

  const machineOf = async (vmId: string) => (await readFleet(lifecycle)).machines.find((each) => each.vmId === vmId);

  /** Runs a course, and returns the ids of its operation and of its VM. */
  async function run(
    { kind, scenario, end }: Course,
    kill?: { boundary: string; victim: Victim },
  ): Promise<{ operationId: string; vmId: string }> {
    const definition = definitions.get(kind);
    if (!definition) throw new Error(`There is no operation ${kind}.`);
    const prepared = (await scenario.prepare?.(lifecycle)) ?? "";
    const before = prepared === "" ? 0 : ((await machineOf(prepared))?.effects ?? 0);
    await makePlan(owner, { ...kill, ...(end === "done" ? {} : { cancelAt: lastCancel(definition) }) });
    const { vm, operation, userErrors } = await scenario.begin(lifecycle, prepared);
    if (!vm || !operation) throw new Error(`${kind} did not start: ${JSON.stringify(userErrors)}`);
    const ended = await lifecycle.ended(operation.id);
    if (ended.state !== end.toUpperCase())
      throw new Error(`${kind} ${operation.id} is ${ended.state}: ${JSON.stringify(ended.error)}`);
    if (kill) await until(`"${kill.boundary}" was passed`, () => hasKilled(owner));
    await endPlan(owner);
    await until("the hypervisor is there", () =>
      hypervisor.client.list(AbortSignal.timeout(1_000)).then(
        () => true,
        () => false,
      ),
    );
    await scenario.tidy?.(lifecycle);
    effects.set(vm.id, before + scenario.effects[end === "done" ? "done" : "undone"]);
    return { operationId: operation.id, vmId: vm.id };
  }

  return {
    lifecycle,
    boundariesOf: async (course) => {
      const { operationId: id } = await run(course);
      await until("its worker has passed the last boundary", () => workers.lines().includes(`ended ${id}`));
      const start = `passed ${id} `;
      const passed = workers.lines().flatMap((line) => (line.startsWith(start) ? [line.slice(start.length)] : []));
      const unique = [...new Set(passed)];
      if (course.end === "done") return unique;
      const definition = definitions.get(course.kind);
      // What it passes before it is cancelled is that of the operation that works.
      return unique.slice(unique.indexOf(definition ? lastCancel(definition) : ""));
    },
    undisturbed: async (course) => (await run(course)).vmId,
    killAt: async (course, boundary, victim) => void (await run(course, { boundary, victim })),
    audit: async () => {
      const found = contradictionsIn(await readFleet(lifecycle), effects).filter((each) => !reported.has(each));
      for (const each of found) reported.add(each);
      return found;
    },
    stop: async () => {
      over.abort();
      await workers.stop();
      await owner.end();
      await stopLifecycle();
      await reviving;
    },
  };
}
