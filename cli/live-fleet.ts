import type { Database } from "#db/client.ts";
import { log } from "#lib/log.ts";
import { actingAs, type Databases } from "./databases.ts";
import { keepAlive } from "./demo/keep-alive.ts";
import { seedDemoFleet } from "./demo/seed.ts";

/** Seeds the demo fleet where there is none, and lets it, and imported traces, live on until the signal: new samples, changes of state, alerts, migrations. */
export async function startDemo(
  databases: Databases,
  monitoringJobs: Database,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<{ running: Promise<void> }> {
  const fleet = actingAs({ ...databases, monitoringJobs }, "job:demo");
  const { seeded, vms, nodes } = await seedDemoFleet(fleet);
  if (seeded) say(`seeded a generated demo fleet: ${vms} VMs on ${nodes} nodes`);
  const onError = (error: unknown) => log.jobs.warn({ err: error }, "the fleet's new samples were not written");
  return { running: keepAlive(fleet, { signal, onError }) };
}
