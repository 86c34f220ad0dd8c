import type { Database } from "#db/client.ts";
import { purgeDeletedVms } from "#subgraphs/vms/deletion/purge-deleted-vms.ts";
import { removeOldKeys } from "#subgraphs/vms/requests/remove-old-keys.ts";
import type { Job } from "./job.ts";

export interface VmRetention {
  /** How long a deleted VM can be undeleted at least. */
  vmRetentionSeconds: number;
}

/** Removes the machines of VMs that were deleted long ago. */
export const deletedVmPurge = (
  databases: { service: Database; system: Database },
  { vmRetentionSeconds: retentionSeconds }: VmRetention,
): Job => ({
  name: "purge_deleted_vms",
  cron: "*/5 * * * *",
  steps: [
    {
      name: "start",
      run: async (signal) => ({ started: await purgeDeletedVms(databases, { retentionSeconds, signal }) }),
    },
  ],
});

/** Removes the idempotency keys of requests that changed rows a day ago. */
export const requestKeyRetention = (system: Database): Job => ({
  name: "remove_old_request_keys",
  cron: "17 * * * *",
  steps: [{ name: "remove", run: async (signal) => ({ removed: await removeOldKeys(system, signal) }) }],
});
