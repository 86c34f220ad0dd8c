import type { FleetVm } from "#db/vms/fleet-writes.ts";

/** The metadata of every row that no trace has. */
export const generated = { origin: "generated" } as const;

/** In milliseconds. */
export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** A row that is there is left as it is. */
export const leaveExisting = { onConflict: ["id"], update: "none" } as const;

/** What a tenant has in its databases, and what its history is made up from. */
export interface HistoryFleet {
  tenantId: string;
  now: Date;
  /** Of the whole fleet; a VM's place in it decides what it gets. */
  vms: FleetVm[];
  nodeIds: string[];
  providerIds: string[];
  users: string[];
  id(kind: string, ...of: (string | number)[]): string;
  ago(ms: number): Date;
}

/** The first of `every` VMs in a row, counted from `from`. */
export const some = <T>(
  { vms }: HistoryFleet,
  every: number,
  from: number,
  make: (vm: FleetVm, at: number) => T,
): T[] => vms.flatMap((vm, at) => (at % every === from ? [make(vm, at)] : []));
