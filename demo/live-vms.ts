import type { Database } from "#db/client.ts";
import { type LiveVm, liveVms } from "#subgraphs/vms/vms/live-vms.ts";
import { type DemoVm, demoVms } from "./fleet.ts";

/**
 * Returns the VMs of the demo fleet that are not deleted: the only VMs that the demo may change. Imported VMs, and those that users create, are not among them.
 */
export async function liveDemoVms(vms: Database, tenantId: string): Promise<LiveVm[]> {
  const ids = new Set(demoVms(tenantId).map(({ id }) => id));
  return (await liveVms(vms, { tenantId })).filter(({ id }) => ids.has(id));
}

/** Returns the demo's VMs for which an agent would report samples, and the nodes of the tenant's VMs. */
export async function reportingDemoVms(
  vms: Database,
  tenantId: string,
): Promise<{ vms: DemoVm[]; nodeOf: Map<string, string> }> {
  const fleet = await liveDemoVms(vms, tenantId);
  const nodeOf = new Map(fleet.flatMap(({ id, nodeId }) => (nodeId ? [[id, nodeId] as const] : [])));
  const running = new Set(fleet.filter(({ state }) => reporting.has(state)).map(({ id }) => id));
  return { vms: demoVms(tenantId).filter(({ id }) => running.has(id)), nodeOf };
}

/** The states of VMs for which an agent reports samples. */
export const reporting: ReadonlySet<string> = new Set(["running", "migrating", "backing_up"]);
