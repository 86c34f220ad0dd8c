import { fleetProviders } from "#db/federation/fleet-writes.ts";
import { fleetNodes } from "#db/scheduler/fleet-writes.ts";
import { fleetVms } from "#db/vms/fleet-writes.ts";
import { importedId } from "#lib/uuid.ts";
import type { FleetDatabases } from "./fleet.ts";
import { writeAlerts } from "./history/alerts.ts";
import { writeCompliance } from "./history/compliance.ts";
import type { HistoryFleet } from "./history/history-fleet.ts";
import { writeMigrations } from "./history/migrations.ts";
import { writeScheduling } from "./history/scheduling.ts";
import { writeVmHistory } from "./history/vms.ts";
import { userIds } from "./people.ts";

/**
 * Writes data that traces do not have: migrations with steps, alert rules and alerts, policies and violations, snapshots, networks, transitions,
 * recommendations. All rows have `origin: generated`. Ids are derived from the VMs, and existing rows stay unchanged, so that it may be called after every
 * import. Every 50 VMs in a row have some data of every kind.
 * @param only the ids of the VMs that it is made for; all VMs of the tenant when absent
 * @returns how many rows were written
 */
export async function writeHistory(
  dbs: FleetDatabases,
  tenantId: string,
  now: Date,
  only?: ReadonlySet<string>,
): Promise<number> {
  const vms = (await dbs.vms.write({ tenantId }, fleetVms)).filter(({ id }) => only?.has(id) ?? true);
  if (vms.length === 0) return 0;
  const nodes = await dbs.scheduler.write({ tenantId }, fleetNodes);
  const providers = await dbs.federation.write({ tenantId }, fleetProviders);
  const fleet: HistoryFleet = {
    tenantId,
    now,
    vms,
    nodeIds: nodes.filter(({ status }) => status === "ready").map(({ id }) => id),
    providerIds: providers.map(({ id }) => id),
    users: userIds(tenantId),
    id: (kind, ...of) => importedId("generated", tenantId, kind, ...of),
    ago: (ms) => new Date(now.getTime() - ms),
  };
  const written = await Promise.all([
    dbs.vms.write({ tenantId }, (tx) => writeVmHistory(tx, fleet)),
    dbs.monitoring.write({ tenantId }, (tx) => writeAlerts(tx, fleet)),
    dbs.federation.write(
      { tenantId },
      async (tx) => (await writeMigrations(tx, fleet)) + (await writeCompliance(tx, fleet)),
    ),
    dbs.scheduler.write({ tenantId }, (tx) => writeScheduling(tx, fleet)),
  ]);
  return written.reduce((sum, count) => sum + count, 0);
}
