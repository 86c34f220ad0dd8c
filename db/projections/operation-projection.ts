import type { LogPosition } from "#lib/live/event-position.ts";
import type { Consumer } from "../event-log/consumer.ts";
import { readLogState } from "../event-log/stored-events.ts";
import {
  allOperations,
  applyOperationEvents,
  type OperationEvent,
  operationEventTypes,
  operationProjectionScope,
  projectedOperationsOf,
  type ProjectedOperation,
  projectOperations,
  removeOtherOperations,
} from "./projected-operations.ts";
import { clock } from "./projected-vms.ts";
import type { ProjectionDatabases } from "./vm-projection.ts";

/** Returns the consumer that keeps `projected_operations` of the vms database up to date with the operations of one domain. */
export const operationProjection = (databases: ProjectionDatabases): Consumer<OperationEvent> => ({
  name: operationProjectionConsumer,
  source: databases.source.domain,
  types: operationEventTypes(databases.source.domain),
  apply: applyOperationEvents,
  rebuild: () => rebuildOperationProjection(databases),
});

export const operationProjectionConsumer = "operation-projection";

/**
 * Rebuilds the operations of one domain while the consumer may run: a later state that arrives meanwhile stays.
 * @returns the position before the source was read: the events after it come on top of the copied state
 */
export async function rebuildOperationProjection({ source, target }: ProjectionDatabases): Promise<LogPosition> {
  const { head } = await readLogState(source);
  const [now] = await target.run(clock);
  const before = now?.seconds ?? 0;
  const known = new Set<string>();
  for await (const rows of allOperations(source)) {
    await target.write(operationProjectionScope, (tx) => projectOperations(tx, rows, before));
    for (const { id } of rows) known.add(id);
  }
  await removeOtherOperations(target, { domain: source.domain, before, known });
  return head;
}

export interface OperationProjectionReport {
  operations: number;
  /** Operations in the source and not in the projection. */
  missing: string[];
  /** Operations in the projection and not in the source. */
  extra: string[];
  /** Operations in both, with different values. */
  different: string[];
}

/**
 * Compares every operation of one domain in the projection with its source. Events that the consumer has not read yet show as
 * differences.
 */
export async function checkOperationProjection({
  source,
  target,
}: ProjectionDatabases): Promise<OperationProjectionReport> {
  const projected = new Map<string, ProjectedOperation>();
  for await (const rows of projectedOperationsOf(target, source.domain))
    for (const row of rows) projected.set(row.id, row);
  const report: OperationProjectionReport = { operations: 0, missing: [], extra: [], different: [] };
  for await (const rows of allOperations(source)) {
    for (const row of rows) {
      report.operations += 1;
      const known = projected.get(row.id);
      if (known === undefined) report.missing.push(row.id);
      else if (isDifferent(known, row)) report.different.push(row.id);
      projected.delete(row.id);
    }
  }
  report.extra.push(...projected.keys());
  return report;
}

/** A claim, a renewal and a signal raise the version in the source without an event. A version that the source has not reached would refuse its events. */
const isDifferent = (projected: ProjectedOperation, source: ProjectedOperation): boolean =>
  content(projected) !== content(source) || projected.version > source.version;

const content = ({ tenantId, kind, subject, state, actor, createdAt, endedAt }: ProjectedOperation): string =>
  JSON.stringify([tenantId, kind, subject, state, actor, momentOf(createdAt), momentOf(endedAt)]);

/** Events hold times in milliseconds. */
const momentOf = (time: string | Date | null): number | null =>
  time === null ? null : Math.floor(new Date(time).getTime());
