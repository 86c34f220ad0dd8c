import type { Database } from "#db/client.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { dropOldSamples } from "#subgraphs/monitoring/metrics/drop-old-samples.ts";
import { rollUp } from "#subgraphs/monitoring/metrics/roll-up.ts";
import type { PeriodicJob } from "./periodic-job.ts";

const scope = { tenantId: platformTenantId };
const retentionEveryMs = 3_600_000;

/**
 * Rolls up the hours that got samples, and once an hour removes samples that are older than their retention. It is one job, because samples that are removed
 * before their rollup have no hourly values for ever: a rollup that fails ends the round.
 */
export function rollupAndRetention(monitoring: Database): PeriodicJob {
  let retentionDue = 0;
  return {
    name: "rollup and retention",
    everyMs: 30_000,
    run: async (signal) => {
      await rollUp(monitoring, scope, ["vm", "system"], signal);
      if (performance.now() < retentionDue) return;
      await dropOldSamples(monitoring, scope, new Date(), signal);
      retentionDue = performance.now() + retentionEveryMs;
    },
  };
}
