import type { Database } from "#db/client.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { dropOldSamples } from "#subgraphs/monitoring/metrics/drop-old-samples.ts";
import { rollUp } from "#subgraphs/monitoring/metrics/roll-up.ts";
import type { PeriodicJob } from "./periodic-job.ts";

const scope = { tenantId: platformTenantId };

/** Rolls up the hours that got samples. */
export const rollup = (monitoring: Database): PeriodicJob => ({
  name: "rollup",
  everyMs: 30_000,
  run: (signal) => rollUp(monitoring, scope, ["vm", "system"], signal),
});

/** Removes samples that are older than their retention. */
export const retention = (monitoring: Database): PeriodicJob => ({
  name: "retention",
  everyMs: 3_600_000,
  run: (signal) => dropOldSamples(monitoring, scope, new Date(), signal),
});
