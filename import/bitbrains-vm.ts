import { vmChanges } from "#db/vms/changes.ts";
import { upsert } from "#db/upsert.ts";
import { vms } from "#db/vms/schema/vms.ts";
import type { BitbrainsRun } from "./bitbrains-run.ts";
import type { TraceVm } from "./bitbrains-trace.ts";
import type { FleetDatabases } from "./fleet.ts";
import { ownerOf } from "./people.ts";

export const bitbrainsDataset = "bitbrains";
/** The prefix of a VM's number in the trace: `bitbrains-42`. */
export const bitbrainsVmPrefix = "bitbrains-";

/** Writes the VMs that the trace has so far. New ones are added; existing ones get their current size. */
export async function writeVms(dbs: FleetDatabases, run: BitbrainsRun, found: TraceVm[], now: Date) {
  const { tenantId, shiftSeconds } = run;
  await dbs.vms.write({ tenantId }, (tx) =>
    upsert(
      tx,
      vms,
      found.map(({ id, name, cores, capacityMhz, memoryKb, first }) => {
        const number = Number(name);
        return {
          id,
          name: `${bitbrainsVmPrefix}${name}`,
          state: "running" as const,
          hypervisorType: "vmware" as const,
          ownerId: ownerOf(tenantId, Number.isSafeInteger(number) ? number : 0),
          tenantId,
          resourceConfig: {
            cpuMillicores: Math.round(cores * 1000),
            memoryMb: Math.round(memoryKb / 1024),
            ...(cores > 0 ? { cpuMhz: Math.round(capacityMhz / cores) } : {}),
          },
          tags: { dataset: bitbrainsDataset, env: number % 4 === 0 ? "staging" : "prod" },
          metadata: { origin: bitbrainsDataset, sourceId: name },
          createdAt: new Date(Math.min((first + shiftSeconds) * 1000, now.getTime())),
        };
      }),
      // The placement, state and name of a VM may have changed since; only its size comes from the trace.
      { onConflict: ["id"], update: ["resourceConfig"], emits: vmChanges },
    ),
  );
}
