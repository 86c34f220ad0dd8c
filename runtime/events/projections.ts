import { setTimeout as delay } from "node:timers/promises";
import { domains } from "#db/columns.ts";
import { setConsumerPosition } from "#db/event-log/consumer.ts";
import { consumerLags } from "#db/event-log/lag.ts";
import {
  checkOperationProjection,
  operationProjectionConsumer,
  rebuildOperationProjection,
} from "#db/projections/operation-projection.ts";
import { checkVmProjection, rebuildVmProjection, vmProjectionConsumer } from "#db/projections/vm-projection.ts";
import type { Databases } from "../databases.ts";

/** A database with a projection: a copy of the VMs, or in the vms database one of the operations of all domains. */
export type ProjectionTarget = "monitoring" | "scheduler" | "vms";

interface Differences {
  missing: string[];
  extra: string[];
  different: string[];
}
export type ProjectionReport = Differences & { vms?: number; operations?: number; behind: number };

/** A projection: what its consumer is named, how it is compared with its source, and how it is rebuilt. */
interface Projection {
  consumer: string;
  compare(): Promise<Omit<ProjectionReport, "behind">>;
  rebuild(): Promise<void>;
}

function projectionIn(systems: Databases, target: ProjectionTarget): Projection {
  if (target === "vms") return operationsOf(systems);
  const databases = { source: systems.vms, target: systems[target] };
  return {
    consumer: vmProjectionConsumer.name,
    compare: () => checkVmProjection(databases),
    rebuild: async () =>
      setConsumerPosition(systems[target], vmProjectionConsumer, await rebuildVmProjection(databases)),
  };
}

const operationsOf = (systems: Databases): Projection => {
  const all = domains.map((domain) => ({ source: systems[domain], target: systems.vms }));
  return {
    consumer: operationProjectionConsumer,
    compare: async () => {
      const total = { operations: 0, missing: [] as string[], extra: [] as string[], different: [] as string[] };
      for (const databases of all) {
        const { operations, missing, extra, different } = await checkOperationProjection(databases);
        total.operations += operations;
        total.missing.push(...missing);
        total.extra.push(...extra);
        total.different.push(...different);
      }
      return total;
    },
    rebuild: async () => {
      for (const databases of all) {
        const consumer = { name: operationProjectionConsumer, source: databases.source.domain };
        await setConsumerPosition(systems.vms, consumer, await rebuildOperationProjection(databases));
      }
    },
  };
};

/** How long to wait for a consumer that is behind, before the events that it lacks count as differences. */
const patienceMs = 5_000;

export interface CheckedProjection {
  isRight: boolean;
  report: ProjectionReport;
}

/** Returns what two comparisons both found. What differs in one alone was on its way: rows change while they are compared. */
const inBoth = <Report extends Differences>(before: Differences | undefined, report: Report): Report => {
  if (!before) return report;
  const both = (kind: keyof Differences) => {
    const known = new Set(before[kind]);
    return report[kind].filter((id) => known.has(id));
  };
  return { ...report, missing: both("missing"), extra: both("extra"), different: both("different") };
};

/** Compares every row of a projection with its source, several times while some differ. Rejects at the signal, between two comparisons. */
export async function checkProjection(
  systems: Databases,
  target: ProjectionTarget,
  signal?: AbortSignal,
): Promise<CheckedProjection> {
  const projection = projectionIn(systems, target);
  const until = Date.now() + patienceMs;
  let report: Omit<ProjectionReport, "behind"> | undefined;
  for (;;) {
    const lags = await consumerLags(systems[target], (source) => systems[source]);
    const behind = lags
      .filter(({ consumer }) => consumer === projection.consumer)
      .reduce((sum, { events }) => sum + events, 0);
    report = inBoth(report, await projection.compare());
    const isRight = report.missing.length + report.extra.length + report.different.length === 0;
    if (isRight || (behind === 0 && Date.now() > until - patienceMs / 2) || Date.now() > until)
      return { isRight, report: { ...report, behind } };
    await delay(250, undefined, { signal });
  }
}

/** Rebuilds a projection from its source, with or without a running server. @returns the number of its rows in the source, by what they are */
export async function rebuildProjection(
  systems: Databases,
  target: ProjectionTarget,
): Promise<{ vms: number } | { operations: number }> {
  const projection = projectionIn(systems, target);
  await projection.rebuild();
  const { vms, operations = 0 } = await projection.compare();
  return vms === undefined ? { operations } : { vms };
}
