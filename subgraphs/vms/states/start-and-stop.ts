import type { Database, Scope } from "#db/client.ts";
import { readIn } from "#db/read-in.ts";
import { changeStates, lastStateChange as newestChange, type StateChange } from "#db/vms/state-writes.ts";

/** Which VM is to change its state, why, and the user who wants it. */
export type StateRequest = Omit<StateChange, "from" | "to">;

/** Starts a stopped VM. @returns false when the VM is in another state, or is deleted */
export const startVm = (database: Database, scope: Scope, request: StateRequest): Promise<boolean> =>
  change(database, scope, { ...request, from: "stopped", to: "running" });

/** Stops a running VM. @returns false when the VM is in another state, or is deleted */
export const stopVm = (database: Database, scope: Scope, request: StateRequest): Promise<boolean> =>
  change(database, scope, { ...request, from: "running", to: "stopped" });

const change = async (database: Database, scope: Scope, step: StateChange): Promise<boolean> =>
  (await database.write(scope, (tx) => changeStates(tx, [step]))).length > 0;

/** Returns when a VM of the tenant last changed its state; undefined when none ever did. */
export const lastStateChange = (database: Database, scope: Scope): Promise<Date | undefined> =>
  readIn(database, scope, newestChange);
