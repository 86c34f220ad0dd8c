import type { Database, Scope } from "#db/client.ts";
import { readIn } from "#db/read-in.ts";
import { lastStateChange as newestChange } from "#db/vms/state-writes.ts";

/** Returns when a VM of the tenant last changed its state; undefined when none ever did. */
export const lastStateChange = (database: Database, scope: Scope): Promise<Date | undefined> =>
  readIn(database, scope, newestChange);
