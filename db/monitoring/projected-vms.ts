import { lookup } from "../lookup.ts";
import { projectedVms } from "./schema/projected-vms.ts";

/** What this domain knows of a VM, which is what the vms domain said a moment ago. */
export const projectedVmById = lookup<typeof projectedVms.$inferSelect>({ table: projectedVms });
