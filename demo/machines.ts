import type { Hypervisor, MachineCall, MachineState } from "#hypervisors/port.ts";
import type { Database } from "#db/client.ts";
import { newId } from "#lib/uuid.ts";
import type { LiveVm } from "#subgraphs/vms/vms/live-vms.ts";
import { liveDemoVms } from "./live-vms.ts";

/** How many machines are made at once. */
const atOnce = 8;

/** Makes the machines that the VMs of the demo fleet lack, in the state that each VM has, until the signal: the fleet is generated, and no operation has made them. */
export async function makeDemoMachines(
  vms: Database,
  hypervisor: Hypervisor,
  tenantId: string,
  signal: AbortSignal,
): Promise<void> {
  const made = new Set((await hypervisor.list(signal)).map(({ vmId }) => vmId));
  const missing = (await liveDemoVms(vms, tenantId)).filter(({ id, nodeId }) => nodeId !== null && !made.has(id));
  const next = missing.values();
  const work = async () => {
    for (const vm of next) {
      if (signal.aborted) return;
      await makeMachine(hypervisor, vm, signal);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

async function makeMachine(
  hypervisor: Hypervisor,
  { id, name, nodeId, state, resourceConfig }: LiveVm,
  signal: AbortSignal,
): Promise<void> {
  const { cpuMillicores, memoryMb, storageGb = 10 } = resourceConfig;
  const fence = { operationId: newId(), token: 1 };
  const call = (step: string): MachineCall => ({ nodeId: nodeId ?? "", vmId: id, fence, step, signal });
  const disks = [{ name: "root", sizeGb: storageGb }];
  await hypervisor.create(call("create"), { name, cpuMillicores, memoryMb, disks, interfaces: [] });
  const wanted = stateOfMachine(state);
  if (wanted === "stopped") return;
  await hypervisor.start(call("start"));
  if (wanted === "paused") await hypervisor.pause(call("pause"));
  if (wanted === "suspended") await hypervisor.suspend(call("suspend"));
}

const stateOfMachine = (state: string): MachineState =>
  state === "stopped" || state === "error"
    ? "stopped"
    : state === "paused" || state === "suspended"
      ? state
      : "running";
