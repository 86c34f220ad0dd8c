import type { Task } from "#db/call-connections.ts";
import type { Database } from "#db/client.ts";
import type { ServiceCalls } from "#lib/subgraph/service-calls.ts";
import type { Services } from "#subgraphs/use-case.ts";

/** The dependencies of the vms domain's use cases. */
export interface VmsServices extends Services {
  /** Calls the other subgraphs, as the service `vms`. */
  calls: Pick<ServiceCalls, "call">;
}

/** Returns the services of one task. A task that waits for another subgraph holds no connection. */
export const servicesOf =
  ({ database, calls }: { database: Database; calls: Pick<ServiceCalls, "call"> }) =>
  (task: Task): VmsServices => ({
    database: task.on(database),
    calls: { call: (...call) => task.withoutConnection(() => calls.call(...call)) },
  });
