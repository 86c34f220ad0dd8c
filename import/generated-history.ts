import { importedId } from "#lib/uuid.ts";
import { recordCompliance } from "#subgraphs/federation/compliance/record-compliance.ts";
import { recordMigrations } from "#subgraphs/federation/migrations/record-migrations.ts";
import { allProviders } from "#subgraphs/federation/providers/providers.ts";
import { recordAlerts } from "#subgraphs/monitoring/alerts/record-alerts.ts";
import { highCpuSpells } from "#subgraphs/monitoring/metrics/stored-samples.ts";
import { allNodes } from "#subgraphs/scheduler/nodes/nodes.ts";
import { recordPolicies } from "#subgraphs/scheduler/policies/record-policies.ts";
import { recordRecommendations } from "#subgraphs/scheduler/recommendations/record-recommendations.ts";
import { liveVms } from "#subgraphs/vms/vms/live-vms.ts";
import { recordVmHistory } from "#subgraphs/vms/vms/record-vms.ts";
import type { FleetDatabases } from "./fleet.ts";
import { alertHistory } from "./history/alerts.ts";
import { complianceHistory } from "./history/compliance.ts";
import type { HistoryFleet } from "./history/history-fleet.ts";
import { migrationHistory } from "./history/migrations.ts";
import { policyHistory, recommendationHistory } from "./history/scheduling.ts";
import { vmHistory } from "./history/vms.ts";
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
  const scope = { tenantId };
  const vms = (await liveVms(dbs.vms, scope)).filter(({ id }) => only?.has(id) ?? true);
  if (vms.length === 0) return 0;
  const [nodes, providers, spells] = await Promise.all([
    allNodes(dbs.scheduler, scope),
    allProviders(dbs.federation, scope),
    highCpuSpells(dbs.monitoring, scope, now.getTime() / 1000 - 86_400, 90),
  ]);
  const fleet: HistoryFleet = {
    now,
    vms,
    nodeIds: nodes.filter(({ status }) => status === "ready").map(({ id }) => id),
    providerIds: providers.map(({ id }) => id),
    users: userIds(tenantId),
    id: (kind, ...of) => importedId("generated", tenantId, kind, ...of),
    ago: (ms) => new Date(now.getTime() - ms),
  };
  const written = await Promise.all([
    recordVmHistory(dbs.vms, scope, vmHistory(fleet)),
    recordAlerts(dbs.monitoring, scope, alertHistory(fleet, spells)),
    recordMigrations(dbs.federation, scope, migrationHistory(fleet)),
    recordCompliance(dbs.federation, scope, complianceHistory(fleet)),
    recordPolicies(dbs.scheduler, scope, policyHistory(fleet)),
    recordRecommendations(dbs.scheduler, scope, recommendationHistory(fleet)),
  ]);
  return written.reduce((sum, count) => sum + count, 0);
}
