import { Counter } from "prom-client";
import { domains } from "#db/columns.ts";
import { scheduleStore } from "#db/operations/schedules.ts";
import { operationStore } from "#db/operations/store.ts";
import { metrics } from "#lib/observability/metrics.ts";
import { OperationDefinitions } from "#lib/operations/definition.ts";
import { followSchedules } from "#lib/operations/follow-schedules.ts";
import type { OperationState } from "#lib/operations/record.ts";
import { Schedule } from "#lib/operations/schedule.ts";
import { startWorker } from "#lib/operations/worker.ts";
import { endedAfter } from "#lib/pause.ts";
import type { DatabaseServer } from "../databases.ts";
import { domainOperations, type OperationDependencies } from "./domain-operations.ts";

const endedOperations = new Counter({
  name: "novacron_operations_ended_total",
  help: "Durable operations that this process has brought to their end.",
  labelNames: ["database", "kind", "state"],
  registers: [metrics],
});

/**
 * How often each worker reads what is due when nothing wakes it. It is half of a lease: a worker then knows of every lease when that ends, and takes over at
 * once.
 */
const pollMs = 5_000;
/** How long operations may take to be given back. One whose database does not respond is left to its lease. */
const endingMs = 4_000;

export interface OperationOptions extends OperationDependencies {
  server: DatabaseServer;
}

/**
 * Starts a worker for the durable operations of each domain's database, and follows the schedules of each. Any number of processes may do so.
 * @returns how to stop: operations are given back to the other processes
 * @throws ScheduleError
 */
export function startOperations({ server, ...dependencies }: OperationOptions): { stop(): Promise<void> } {
  const operations = domainOperations(dependencies);
  const { services, systems } = dependencies;
  const stopping = new AbortController();
  const prepared = domains.map((domain) => {
    const { definitions, schedules } = operations[domain];
    const all = new OperationDefinitions([...definitions, ...schedules.map(({ operation }) => operation)]);
    return { domain, definitions: all, schedules: schedules.map((schedule) => new Schedule(schedule)) };
  });
  // No worker runs unless every schedule is valid.
  const running = prepared.map(({ domain, definitions, schedules }) => {
    const system = systems[domain];
    const store = operationStore({ service: services[domain], system, url: server.url(domain, "system") });
    const onEnd = (kind: string, state: OperationState) => endedOperations.inc({ database: domain, kind, state });
    const worker = startWorker({ store, definitions, onEnd, pollMs });
    const following = followSchedules(scheduleStore(system), schedules, stopping.signal);
    return { worker, following };
  });
  return {
    stop: async () => {
      stopping.abort();
      const ended = Promise.all(running.map(({ worker, following }) => Promise.all([worker.stop(), following])));
      await endedAfter(stopping.signal, endingMs, ended);
    },
  };
}
