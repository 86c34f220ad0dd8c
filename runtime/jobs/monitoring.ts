import type { Database } from "#db/client.ts";
import { dropOldSamples } from "#subgraphs/monitoring/metrics/drop-old-samples.ts";
import { rollUp } from "#subgraphs/monitoring/metrics/roll-up.ts";
import type { Job, JobStep } from "./job.ts";

const rollUpStep = (monitoring: Database): JobStep => ({
  name: "roll_up",
  run: async (signal, scope) => {
    await rollUp(monitoring, scope, ["vm", "system"], signal);
    return null;
  },
});

/** Rolls up the hours that got samples. */
export const rollup = (monitoring: Database): Job => ({
  name: "roll_up_samples",
  cron: "*/30 * * * * *",
  steps: [rollUpStep(monitoring)],
});

/** Removes samples that are older than their retention. Samples that are removed before their rollup have no hourly values for ever: a rollup that fails ends it. */
export const sampleRetention = (monitoring: Database): Job => ({
  name: "remove_old_samples",
  cron: "23 * * * *",
  steps: [
    rollUpStep(monitoring),
    {
      name: "remove",
      run: async (signal, scope) => {
        await dropOldSamples(monitoring, scope, new Date(), signal);
        return null;
      },
    },
  ],
});
