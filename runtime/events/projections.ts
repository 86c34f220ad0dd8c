import { setTimeout as delay } from "node:timers/promises";
import { setConsumerPosition } from "#db/event-log/consumer.ts";
import { consumerLags } from "#db/event-log/lag.ts";
import {
  checkVmProjection,
  type ProjectionReport,
  rebuildVmProjection,
  vmProjectionConsumer,
} from "#db/projections/vm-projection.ts";
import type { Databases } from "../databases.ts";

/** A database with a copy of the VMs. */
export type ProjectionTarget = "monitoring" | "scheduler";

/** How long to wait for a consumer that is behind, before the events that it lacks count as differences. */
const patienceMs = 5_000;

export interface CheckedProjection {
  isRight: boolean;
  report: ProjectionReport & { behind: number };
}

/** Compares every VM of a projection with its source. */
export async function checkProjection(systems: Databases, target: ProjectionTarget): Promise<CheckedProjection> {
  const databases = { source: systems.vms, target: systems[target] };
  const until = Date.now() + patienceMs;
  for (;;) {
    const lags = await consumerLags(systems[target], (source) => systems[source]);
    const behind = lags.find(({ consumer }) => consumer === vmProjectionConsumer.name)?.events ?? 0;
    const report = await checkVmProjection(databases);
    const isRight = report.missing.length + report.extra.length + report.different.length === 0;
    if (isRight || (behind === 0 && Date.now() > until - patienceMs / 2) || Date.now() > until)
      return { isRight, report: { ...report, behind } };
    await delay(250);
  }
}

/** Rebuilds a projection from its source, with or without a running server. @returns the number of its VMs */
export async function rebuildProjection(systems: Databases, target: ProjectionTarget): Promise<{ vms: number }> {
  const databases = { source: systems.vms, target: systems[target] };
  const position = await rebuildVmProjection(databases);
  await setConsumerPosition(systems[target], vmProjectionConsumer, position);
  return { vms: (await checkVmProjection(databases)).vms };
}
