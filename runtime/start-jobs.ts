import { Replaceable } from "#lib/replaceable.ts";
import { runAuditCheckpoints } from "#subgraphs/auth/audit/checkpoints.ts";
import { reachDatabases, requireMigrated } from "./databases.ts";
import type { Environment } from "./environment.ts";
import { startEvents } from "./events/start-events.ts";
import { runMonitoringJobs } from "./jobs/monitoring.ts";
import { followKeyFiles, requireKeys } from "./keys/keys.ts";
import { serveMetrics } from "./metrics-server.ts";

/** Starts the jobs of all five databases in a process of their own. Any number of processes may run: each job runs in one of them at a time. */
export async function startJobs(
  environment: Environment,
  print: (line: string) => void,
): Promise<{ stop(): Promise<void> }> {
  const { redisUrl, eventRetentionSeconds: retentionSeconds, host, metricsPort } = environment;
  const stopping = new AbortController();
  const server = await reachDatabases(environment, print);
  try {
    await requireMigrated(server);
    const events = await startEvents(server, { redisUrl, retentionSeconds }, stopping.signal);
    const jobs = runMonitoringJobs(events.systems.monitoring, stopping.signal);
    const signingKeys = new Replaceable(environment.keys.signingKeys ?? requireKeys(environment).signingKeys);
    const endKeys = followKeyFiles(environment, { signingKeys });
    const checkpoints = runAuditCheckpoints(
      events.systems.auth,
      { path: environment.auditCheckpoints, signingKeys },
      stopping.signal,
    );
    const figures = metricsPort === undefined ? undefined : await serveMetrics(events.systems, host, metricsPort);
    if (figures) print(`figures for Prometheus are at ${figures.url}`);
    return {
      stop: async () => {
        endKeys();
        await figures?.close();
        stopping.abort();
        await Promise.all([events.ended, jobs, checkpoints]);
        await server.stop();
      },
    };
  } catch (error) {
    stopping.abort();
    await server.stop();
    throw error;
  }
}
