import type { Database, Scope } from "#db/client.ts";
import { readIn } from "#db/read-in.ts";
import { type FleetVm, fleetVms } from "#db/vms/fleet-writes.ts";

export type LiveVm = FleetVm;

/** Returns every VM of the tenant that is not deleted, oldest first. */
export const liveVms = (database: Database, scope: Scope): Promise<LiveVm[]> => readIn(database, scope, fleetVms);
