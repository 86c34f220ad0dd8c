import type { Database } from "#db/client.ts";
import { removeOldKeys } from "#subgraphs/vms/requests/remove-old-keys.ts";
import type { Job } from "./job.ts";

/** Removes the idempotency keys of requests that changed rows a day ago. */
export const requestKeyRetention = (system: Database): Job => ({
  name: "remove_old_request_keys",
  cron: "17 * * * *",
  steps: [{ name: "remove", run: async (signal) => ({ removed: await removeOldKeys(system, signal) }) }],
});
