import { recordVms } from "#subgraphs/vms/vms/record-vms.ts";
import type { BitbrainsRun } from "./bitbrains-run.ts";
import type { TraceVm } from "./bitbrains-trace.ts";
import type { FleetDatabases } from "./fleet.ts";
import { ownerOf } from "./people.ts";

export const bitbrainsDataset = "bitbrains";
/** The prefix of a VM's number in the trace: `bitbrains-42`. */
export const bitbrainsVmPrefix = "bitbrains-";

/** Writes the VMs that the trace has so far. New ones are added; existing ones get their current size. */
export async function writeVms(dbs: FleetDatabases, run: BitbrainsRun, found: TraceVm[], now: Date): Promise<void> {
  const { tenantId, shiftSeconds } = run;
  const recorded = found.map(({ id, name, cores, capacityMhz, memoryKb, first }) => {
    const number = Number(name);
    return {
      id,
      name: `${bitbrainsVmPrefix}${name}`,
      state: "running" as const,
      hypervisorType: "vmware" as const,
      ownerId: ownerOf(tenantId, Number.isSafeInteger(number) ? number : 0),
      resourceConfig: {
        cpuMillicores: Math.round(cores * 1000),
        memoryMb: Math.round(memoryKb / 1024),
        ...(cores > 0 ? { cpuMhz: Math.round(capacityMhz / cores) } : {}),
      },
      tags: { dataset: bitbrainsDataset, env: number % 4 === 0 ? "staging" : "prod" },
      metadata: { origin: bitbrainsDataset, sourceId: name },
      createdAt: new Date(Math.min((first + shiftSeconds) * 1000, now.getTime())),
    };
  });
  await recordVms(dbs.vms, { tenantId }, recorded, "resize");
}
