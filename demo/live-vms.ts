import type { WriteTx } from "#db/client.ts";
import { type FleetVm, fleetVms } from "#db/vms/fleet-writes.ts";
import { demoVms } from "./fleet.ts";

/**
 * Returns the VMs of the demo fleet that are not deleted: the only VMs that the demo may change. Imported VMs, and those that users create, are not among them.
 */
export async function liveDemoVms(tx: WriteTx): Promise<FleetVm[]> {
  const ids = new Set(demoVms(tx.tenantId).map(({ id }) => id));
  return (await fleetVms(tx)).filter(({ id }) => ids.has(id));
}
