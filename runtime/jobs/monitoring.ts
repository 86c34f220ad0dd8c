import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "#db/client.ts";
import { log } from "#lib/observability/log.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { dropOldSamples } from "#subgraphs/monitoring/metrics/drop-old-samples.ts";
import { rollUp } from "#subgraphs/monitoring/metrics/roll-up.ts";

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
      await rollUp(monitoring, scope, ["vm", "system"], signal);
      if (performance.now() >= retentionDue) {
        await dropOldSamples(monitoring, scope, new Date(), signal);
        retentionDue = performance.now() + retentionEveryMs;
      }
    } catch (error) {
      if (!signal.aborted)
        log.jobs.warn({ err: error }, "a job of the monitoring database failed and will be tried again");
    }
    await delay(rollupEveryMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
