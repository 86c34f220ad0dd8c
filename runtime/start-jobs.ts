import { Replaceable } from "#lib/replaceable.ts";
import { reachDatabases, requireMigrated } from "./databases.ts";
import type { Environment } from "./environment.ts";
import { startEvents } from "./events/start-events.ts";
import { runJobs } from "./jobs/run-jobs.ts";
import { followKeyFiles, requireKeys } from "./keys/keys.ts";
import { serveMetrics } from "./metrics-server.ts";
import { callsOverHttp, readSubgraphUrls } from "./service-calls.ts";

/** Starts the jobs of all five databases in a process of their own. Any number of processes may run: each job runs in one of them at a time. */
export async function startJobs(
  environment: Environment,
  print: (line: string) => void,
): Promise<{ stop(): Promise<void> }> {
  const { redisUrl, eventRetentionSeconds: retentionSeconds, host, metricsPort } = environment;
  const stopping = new AbortController();
  // On the embedded server of a data folder, the process that runs the subgraphs works on operations: it calls them without a URL.
  const urls = environment.databaseUrls && readSubgraphUrls("jobs");
  const server = await reachDatabases(environment, print);
  try {
    await requireMigrated(server);
    const events = await startEvents(server, { redisUrl, retentionSeconds }, stopping.signal);
    const signingKeys = new Replaceable(environment.keys.signingKeys ?? requireKeys(environment).signingKeys);
    const endKeys = followKeyFiles(environment, { signingKeys });
    const calls = urls && callsOverHttp({ issuer: "jobs", keys: signingKeys }, urls);
    const jobs = runJobs(events.systems, environment, signingKeys, stopping.signal);
    const figures = await serveMetrics(events.systems, { host, port: metricsPort }, print);
    return {
      stop: async () => {
        endKeys();
        await figures?.close();
        stopping.abort();
        await Promise.all([events.ended, jobs]);
        await calls?.close();
        await server.stop();
      },
    };
  } catch (error) {
    stopping.abort();
    await server.stop();
    throw error;
  }
}
