import type { LogPosition } from "#lib/live/event-position.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import type { Database } from "../client.ts";
import type { Consumer } from "../event-log/consumer.ts";
import { readLogState } from "../event-log/stored-events.ts";
import {
  allVms,
  applyVmEvents,
  clock,
  forgetOtherVms,
  type ProjectedVm,
  projectVms,
  type VmEvent,
  vmEventTypes,
} from "./projected-vms.ts";

/** The two databases of a projection, both under their system roles. */
export interface ProjectionDatabases {
  /** The vms database. */
  source: Database;
  /** The database that holds the projection. */
  target: Database;
}

const scope = { tenantId: platformTenantId, actor: "job:vm-projection" };

export const vmProjectionConsumer = { name: "vm-projection", source: "vms" } as const;

/** Returns the consumer that keeps `projected_vms` of one database up to date with the vms domain. */
export const vmProjection = (databases: ProjectionDatabases): Consumer<VmEvent> => ({
  ...vmProjectionConsumer,
  types: vmEventTypes,
  apply: applyVmEvents,
  rebuild: () => rebuildVmProjection(databases),
});

/**
 * Rebuilds the projection from the source while its consumer may run: a later state that arrives meanwhile stays. Earlier rows are replaced, whatever version
 * they have: the source may have been restored from a backup.
 * @returns the position before the source was read: the events after it come on top of the copied state
 */
export async function rebuildVmProjection({ source, target }: ProjectionDatabases): Promise<LogPosition> {
  const { head } = await readLogState(source);
  const [now] = await target.run(clock);
  const begun = now?.seconds ?? 0;
  const ids: string[] = [];
  for await (const rows of allVms(source)) {
    await target.write(scope, (tx) => projectVms(tx, rows, begun));
    ids.push(...rows.map(({ id }) => id));
  }
  await target.write(scope, (tx) => forgetOtherVms(tx, begun, ids));
  return head;
}

export interface ProjectionReport {
  vms: number;
  /** VMs in the source and not in the projection. */
  missing: string[];
  /** VMs in the projection and not in the source. */
  extra: string[];
  /** VMs in both, with different values. */
  different: string[];
}

/** Compares every VM of the projection with its source. Events that the consumer has not read yet show as differences. */
export async function checkVmProjection({ source, target }: ProjectionDatabases): Promise<ProjectionReport> {
  const projected = new Map<string, string>();
  for await (const rows of allVms(target)) for (const row of rows) projected.set(row.id, content(row));
  const report: ProjectionReport = { vms: 0, missing: [], extra: [], different: [] };
  for await (const rows of allVms(source)) {
    for (const row of rows) {
      report.vms += 1;
      const known = projected.get(row.id);
      if (known === undefined) report.missing.push(row.id);
      else if (known !== content(row)) report.different.push(row.id);
      projected.delete(row.id);
    }
  }
  report.extra.push(...projected.keys());
  return report;
}

const content = ({ tenantId, name, state, nodeId, tags, version }: ProjectedVm): string =>
  JSON.stringify([
    tenantId,
    name,
    state,
    nodeId,
    Object.entries(tags).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    version,
  ]);
