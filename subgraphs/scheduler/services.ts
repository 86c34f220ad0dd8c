import type { Task } from "#db/call-connections.ts";
import type { Database } from "#db/client.ts";
import { NodeSnapshot } from "#db/scheduler/node-snapshot.ts";
import type { Services } from "#subgraphs/use-case.ts";

/** The dependencies of the scheduler domain's use cases. */
export interface SchedulerServices extends Services {
  /** The nodes, as this process has read them last. */
  nodes: NodeSnapshot;
}

/** Returns the services of one task. All tasks of a process share what it knows of the nodes. */
export function servicesOf(database: Database): (task: Task) => SchedulerServices {
  const nodes = new NodeSnapshot();
  return (task) => ({ database: task.on(database), nodes });
}
