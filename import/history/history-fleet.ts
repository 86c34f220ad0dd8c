import type { LiveVm } from "#subgraphs/vms/vms/live-vms.ts";

/** The metadata of every row that no trace has. */
export const generated = { origin: "generated" } as const;

/** In milliseconds. */
export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** A tenant's data in its databases, from which its history is generated. */
export interface HistoryFleet {
  now: Date;
  /** The VMs of the whole fleet. A VM's place in it decides which data it gets. */
  vms: LiveVm[];
  nodeIds: string[];
  providerIds: string[];
  users: string[];
  id(kind: string, ...of: (string | number)[]): string;
  ago(ms: number): Date;
}

/** Returns the results of `make` for one of every `every` VMs, the one at place `from`. */
export const some = <T>({ vms }: HistoryFleet, every: number, from: number, make: (vm: LiveVm, at: number) => T): T[] =>
  vms.flatMap((vm, at) => (at % every === from ? [make(vm, at)] : []));
