import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "#db/client.ts";
import { refreshHourly } from "#db/monitoring/hourly-rollup.ts";
import { dropOldMetrics } from "#db/monitoring/retention.ts";
import { log } from "#lib/observability/log.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";

const rollupEveryMs = 30_000;
const retentionEveryMs = 3_600_000;

/**
 * Runs the periodic jobs of the monitoring database, under its system role: the hourly rollup of hours that got samples, and retention. Several programs may
 * run them at once. Resolves after the round in which the signal came.
 */
export async function runMonitoringJobs(monitoring: Database, signal: AbortSignal): Promise<void> {
  const scope = { tenantId: platformTenantId };
  let retentionDue = 0;
  while (!signal.aborted) {
    try {
      for (const stream of ["vm", "system"] as const) {
        while (!signal.aborted && (await monitoring.write(scope, (tx) => refreshHourly(tx, stream))) > 0);
      }
      if (performance.now() >= retentionDue) {
        while (!signal.aborted && (await monitoring.write(scope, (tx) => dropOldMetrics(tx, new Date()))) > 0);
        retentionDue = performance.now() + retentionEveryMs;
      }
    } catch (error) {
      if (!signal.aborted)
        log.jobs.warn({ err: error }, "a job of the monitoring database failed and will be tried again");
    }
    await delay(rollupEveryMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
