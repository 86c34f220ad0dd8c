import { removeOldChanges } from "#db/change-history/retention.ts";
import type { Database } from "#db/client.ts";
import { removeOldEvents } from "#db/event-log/retention.ts";
import { removeEndedOperations } from "#db/operations/retention.ts";
import type { Job } from "./job.ts";

export interface Retention {
  /** How long after its delivery an event can be read at least. */
  eventRetentionSeconds: number;
  /** How long an operation is kept after its end. */
  operationRetentionSeconds: number;
  /** How long the changes of entities are kept at least. */
  changeRetentionSeconds: number;
}

/** Removes events that were delivered long ago. */
export const eventRetention = (system: Database, { eventRetentionSeconds }: Retention): Job => ({
  name: "remove_old_events",
  cron: "*/10 * * * *",
  steps: [
    {
      name: "remove",
      run: async (signal) => ({ partitions: await removeOldEvents(system, eventRetentionSeconds, signal) }),
    },
  ],
});

/** Removes operations that ended long ago. */
export const operationRetention = (system: Database, { operationRetentionSeconds }: Retention): Job => ({
  name: "remove_ended_operations",
  cron: "7 * * * *",
  steps: [
    {
      name: "remove",
      run: async (signal, scope) => ({
        removed: await removeEndedOperations(system, scope, operationRetentionSeconds, signal),
      }),
    },
  ],
});

/** Prepares the next month of the change history, and removes the months that ended long ago. */
export const changeRetention = (system: Database, { changeRetentionSeconds }: Retention): Job => ({
  name: "remove_old_changes",
  cron: "23 * * * *",
  steps: [
    {
      name: "remove",
      run: async (signal) => ({ months: await removeOldChanges(system, changeRetentionSeconds, signal) }),
    },
  ],
});
