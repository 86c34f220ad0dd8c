import { setTimeout as delay } from "node:timers/promises";
import { type Hypervisor, HypervisorError, type MachineCall } from "#hypervisors/port.ts";
import { seededRandom } from "#lib/seeded-random.ts";
import { newId } from "#lib/uuid.ts";

/** What is known of a machine from responses alone. */
export interface ExpectedMachine {
  nodeId: string;
  vmId: string;
  state: "stopped" | "running" | "paused";
  /** How many acknowledged calls have changed it since it was made. */
  effects: number;
  snapshotIds: string[];
}

/** The log of the callers, outside the hypervisor. */
export interface CallersLog {
  /** What each VM must be; undefined when it was destroyed. */
  expected: Map<string, ExpectedMachine | undefined>;
  acknowledged: number;
  /** Calls that were sent again because their response was lost. */
  repeated: number;
}

interface RandomCallers {
  hypervisor: Hypervisor;
  nodes: readonly string[];
  seed: number;
  callers: number;
  /** Ends the callers, each after its current call was acknowledged. */
  signal: AbortSignal;
}

/** A change that a caller makes, with what it makes of the machine that it knows. */
type Action = (
  send: (step: string, work: (call: MachineCall) => Promise<unknown>) => Promise<void>,
  machine: ExpectedMachine,
) => Promise<ExpectedMachine | undefined>;

/** Runs callers that make, change and destroy machines of their own at random. Each call is repeated, with a higher token, until it has a usable response. */
export async function runCallers({ hypervisor, nodes, seed, callers, signal }: RandomCallers): Promise<CallersLog> {
  const log: CallersLog = { expected: new Map(), acknowledged: 0, repeated: 0 };
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      const random = seededRandom(seed * 1_000 + caller);
      const one = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
      while (!signal.aborted) {
        const nodeId = one(nodes);
        const vmId = newId();
        let machine: ExpectedMachine | undefined = { nodeId, vmId, state: "stopped", effects: 1, snapshotIds: [] };
        const send = async (step: string, work: (call: MachineCall) => Promise<unknown>) => {
          await acknowledged({ nodeId: machine?.nodeId ?? nodeId, vmId }, step, work, log);
        };
        await send("create", (call) => hypervisor.create(call, specOf(vmId)));
        log.expected.set(vmId, machine);
        for (let left = 3 + Math.floor(random() * 10); machine && left > 0 && !signal.aborted; left--) {
          machine = await one(actionsOf(hypervisor, nodes, machine))(send, machine);
          log.expected.set(vmId, machine);
        }
      }
    }),
  );
  return log;
}

const specOf = (vmId: string) => ({
  name: `vm-${vmId.slice(-6)}`,
  cpuMillicores: 1_000,
  memoryMb: 128,
  disks: [{ name: "root", sizeGb: 1 }],
  interfaces: [],
});

/** Makes a call until it has a usable response. */
async function acknowledged(
  place: { nodeId: string; vmId: string },
  step: string,
  work: (call: MachineCall) => Promise<unknown>,
  log: CallersLog,
): Promise<void> {
  const operationId = newId();
  for (let token = 1; ; token++) {
    try {
      await work({ ...place, step, fence: { operationId, token }, signal: new AbortController().signal });
      log.acknowledged += 1;
      return;
    } catch (error) {
      if (!(error instanceof HypervisorError) || error.code !== "HYPERVISOR_UNAVAILABLE") throw error;
      log.repeated += 1;
      await delay(5);
    }
  }
}

/** Returns what may be done with a machine in its state. Each action changes it exactly once. */
function actionsOf(hypervisor: Hypervisor, nodes: readonly string[], { nodeId, state, snapshotIds }: ExpectedMachine) {
  const changed = (machine: ExpectedMachine, change: Partial<ExpectedMachine>): ExpectedMachine => ({
    ...machine,
    ...change,
    effects: machine.effects + 1,
  });
  const to =
    (method: "start" | "pause" | "resume" | "reboot", next: ExpectedMachine["state"]): Action =>
    async (send, machine) => {
      await send(method, (call) => hypervisor[method](call));
      return changed(machine, { state: next });
    };
  const stop: Action = async (send, machine) => {
    await send("stop", (call) => hypervisor.stop(call, { forced: true }));
    return changed(machine, { state: "stopped" });
  };
  const destroy: Action = async (send) => {
    await send("destroy", (call) => hypervisor.destroy(call));
    return undefined;
  };
  const migrate: Action = async (send, machine) => {
    const destination = nodes.find((node) => node !== nodeId) ?? nodeId;
    await send("migrate", (call) => hypervisor.migrate(call, destination));
    return changed(machine, { nodeId: destination });
  };
  const snapshot: Action = async (send, machine) => {
    const id = newId();
    await send("snapshot", (call) => hypervisor.createSnapshot(call, id));
    return changed(machine, { snapshotIds: [...machine.snapshotIds, id] });
  };
  const deleteSnapshot: Action = async (send, machine) => {
    const [first = "", ...rest] = machine.snapshotIds;
    await send("delete snapshot", (call) => hypervisor.deleteSnapshot(call, first));
    return changed(machine, { snapshotIds: rest });
  };
  return [
    ...(state === "stopped" ? [to("start", "running"), destroy] : [stop]),
    ...(state === "running" ? [to("reboot", "running"), to("reboot", "running"), to("pause", "paused")] : []),
    ...(state === "paused" ? [to("resume", "running")] : []),
    ...(snapshotIds.length > 0 ? [deleteSnapshot] : [snapshot]),
    migrate,
  ];
}

/** A machine as the hypervisor's store has it. */
export interface StoredMachine {
  nodeId: string;
  vmId: string;
  state: string;
  effects: number;
  snapshotIds: readonly string[];
}

/** Compares what callers know with what the hypervisor has, and returns every contradiction: what was lost, and what has happened twice. */
export function contradictions({ expected }: CallersLog, stored: readonly StoredMachine[]): string[] {
  const found = new Map<string, StoredMachine[]>();
  for (const machine of stored) found.set(machine.vmId, [...(found.get(machine.vmId) ?? []), machine]);
  const wrong: string[] = [];
  for (const vmId of found.keys()) if (!expected.has(vmId)) wrong.push(`${vmId} was never made`);
  for (const [vmId, machine] of expected) {
    const [there, ...more] = found.get(vmId) ?? [];
    if (more.length > 0) wrong.push(`${vmId} is on several nodes`);
    if (!machine && there) wrong.push(`${vmId} is there although it was destroyed`);
    if (machine && !there) wrong.push(`${vmId} is lost`);
    if (!machine || !there) continue;
    if (there.nodeId !== machine.nodeId) wrong.push(`${vmId} is on another node`);
    if (there.state !== machine.state) wrong.push(`${vmId} is ${there.state} instead of ${machine.state}`);
    if (there.snapshotIds.join() !== machine.snapshotIds.join()) wrong.push(`${vmId} has other snapshots`);
    if (there.effects < machine.effects) wrong.push(`${vmId} has lost an effect`);
    if (there.effects > machine.effects) wrong.push(`${vmId} has an effect twice`);
  }
  return wrong;
}
