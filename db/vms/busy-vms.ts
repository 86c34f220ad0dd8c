import { sql } from "drizzle-orm";
import type { Database } from "../client.ts";
import { statement } from "../statement.ts";
import { vmSlots } from "./schema/vm-slots.ts";

const held = statement<{ vmId: string }>(
  () => sql`select vm_id as "vmId" from ${vmSlots} where ${vmSlots.releasedAt} is null`,
);

/** Returns the VMs of all tenants that an operation works on; only for the system role. */
export const busyVms = async (system: Database): Promise<Set<string>> =>
  new Set((await system.run(held)).map(({ vmId }) => vmId));
