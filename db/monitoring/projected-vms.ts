import { lookup } from "../lookup.ts";
import { projectedVms } from "./schema/projected-vms.ts";

/** What this domain knows of a VM: the state that the vms domain reported a moment ago. */
export const projectedVmById = lookup<typeof projectedVms.$inferSelect>({ table: projectedVms });
