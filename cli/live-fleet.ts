import type { Database } from "#db/client.ts";
import { openDatabase } from "#db/client.ts";
import { log } from "#lib/log.ts";
import type { Databases, DatabaseServer } from "./databases.ts";
import { keepAlive } from "./demo/keep-alive.ts";
import { seedDemoFleet } from "./demo/seed.ts";

export interface LiveFleet {
  stop(): Promise<void>;
}

/** Seeds the demo fleet where there is none, and brings new samples of it, and of imported traces, until stopped. */
export async function keepFleetAlive(
  server: DatabaseServer,
  databases: Databases,
  say: (line: string) => void,
): Promise<LiveFleet> {
  const monitoringJobs: Database = await openDatabase({
    domain: "monitoring",
    url: server.url("monitoring"),
    as: "system",
    maxConnections: 2,
  });
  const fleet = { ...databases, monitoringJobs };
  const { seeded, vms, nodes } = await seedDemoFleet(fleet);
  if (seeded) say(`seeded a generated demo fleet: ${vms} VMs on ${nodes} nodes`);
  const stopping = new AbortController();
  const running = keepAlive(fleet, {
    signal: stopping.signal,
    onError: (error) => log.jobs.warn({ err: error }, "the fleet's new samples were not written"),
  });
  return {
    stop: async () => {
      stopping.abort();
      await running;
      await monitoringJobs.close();
    },
  };
}
