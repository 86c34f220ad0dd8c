import { Replaceable } from "#lib/replaceable.ts";
import { closeDatabases, openDatabases, reachDatabases, requireMigrated } from "./databases.ts";
import type { Environment } from "./environment.ts";
import { startEvents } from "./events/start-events.ts";
import { openHypervisor } from "./hypervisor/open-hypervisor.ts";
import { followKeyFiles, requireKeys } from "./keys/keys.ts";
import { serveMetrics } from "./metrics-server.ts";
import { startOperations } from "./operations/start-operations.ts";
import { callsOverHttp, readSubgraphUrls } from "./service-calls.ts";

/** Starts the background work of all five databases in a process of its own. Any number of processes may run, and share the work. */
export async function startJobs(
  environment: Environment,
  print: (line: string) => void,
): Promise<{ stop(): Promise<void> }> {
  const { redisUrl, host, metricsPort } = environment;
  // On the embedded server of a data folder, the process that runs the subgraphs works on operations: it calls them without a URL.
  const urls = environment.databaseUrls && readSubgraphUrls("jobs");
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const undo of stops.splice(0).reverse()) await undo();
  };
  const server = await reachDatabases(environment, print);
  stops.push(() => server.stop());
  try {
    await requireMigrated(server);
    const signingKeys = new Replaceable(environment.keys.signingKeys ?? requireKeys(environment).signingKeys);
    const calls = urls && callsOverHttp({ issuer: "jobs", keys: signingKeys }, urls);
    if (calls) stops.push(() => calls.close());
    const services = await openDatabases(server);
    stops.push(() => closeDatabases(services));
    const stopping = new AbortController();
    const { systems, ended } = await startEvents(server, { redisUrl }, stopping.signal);
    stops.push(() => {
      stopping.abort();
      return ended;
    });
    const hypervisor = openHypervisor(environment);
    if (hypervisor) stops.push(hypervisor.close);
    const dependencies = { services, systems, environment, signingKeys, calls, hypervisor: hypervisor?.client };
    stops.push(startOperations({ server, ...dependencies }).stop);
    const figures = await serveMetrics(systems, { host, port: metricsPort }, print);
    if (figures) stops.push(figures.close);
    const endKeys = followKeyFiles(environment, { signingKeys });
    stops.push(async () => endKeys());
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
