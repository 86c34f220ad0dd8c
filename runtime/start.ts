import { readFileSync } from "node:fs";
import { openDatabase } from "#db/client.ts";
import { readGatewayEnvironment } from "#gateway/environment.ts";
import { countCalls } from "#gateway/metrics.ts";
import { inProcessSource } from "#gateway/subscriptions/source.ts";
import { guarded } from "#gateway/transport/guarded.ts";
import { inProcess } from "#gateway/transport/in-process.ts";
import { asset } from "#lib/assets.ts";
import { exportTraces } from "#lib/observability/export-traces.ts";
import { requireFreePort } from "#lib/process/listen.ts";
import { openRedis } from "#lib/process/redis.ts";
import { Replaceable } from "#lib/replaceable.ts";
import { SignInLimits } from "#subgraphs/auth/sign-in/sign-in-limits.ts";
import { ensureAdministrator } from "./administrator.ts";
import { administratorFile } from "./administrator-file.ts";
import {
  closeDatabases,
  migrateAll,
  openDatabases,
  reachability,
  reachDatabases,
  requireMigrated,
} from "./databases.ts";
import type { Environment } from "./environment.ts";
import { startEvents } from "./events/start-events.ts";
import { openHypervisor } from "./hypervisor/open-hypervisor.ts";
import { keyEnvironmentOf } from "./installation-kind.ts";
import { ensureKeys } from "./keys/ensure-keys.ts";
import { followKeyFiles, readKeys } from "./keys/keys.ts";
import { serveMetrics } from "./metrics-server.ts";
import { theOneRequest } from "./one-request.ts";
import { startOperations } from "./operations/start-operations.ts";
import { callsInProcess } from "./service-calls.ts";
import { serveGateway } from "./serve-gateway.ts";
import { createSubgraphs } from "./subgraphs.ts";

export interface StartOptions {
  host: string;
  port: number;
  /** Whether there is a demo fleet. When absent, there is one outside production. */
  demo?: boolean | undefined;
  /** The tenant whose imported traces are replayed; `true` means that of imports that name none. */
  replay?: string | boolean | undefined;
  /** Make new keys where those of the databases are lost. */
  newKeys?: boolean | undefined;
  /** Migrate databases that are not on the embedded server. */
  migrate: boolean;
}

export interface RunningProduct {
  url: string;
  /** Stops everything that the start started, in reverse. */
  stop(): Promise<void>;
}

/** Starts everything in one process: databases, subgraphs, gateway and, outside production or on request, a demo fleet that changes over time. */
export async function start(
  environment: Environment,
  options: StartOptions,
  print: (line: string) => void,
): Promise<RunningProduct> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const undo of stops.splice(0).reverse()) await undo();
  };
  try {
    stops.push(await exportTraces("novacron"));
    await requireFreePort({ host: options.host, port: options.port, setting: "--port" });
    // Unreadable keys are rejected before anything is created.
    readKeys(environment);
    const server = await reachDatabases(environment, print, "make one");
    stops.push(server.stop);
    const demo = options.demo ?? !environment.production;
    const hypervisor = openHypervisor(environment, {
      runs: demo || !environment.production,
      latency: demo ? "realistic" : "none",
    });
    if (hypervisor) stops.push(hypervisor.close);
    if (server.embedded || options.migrate) await migrateAll(server, print);
    else await requireMigrated(server);
    const databases = await openDatabases(server);
    stops.push(() => closeDatabases(databases));

    const systemUrl = server.url("auth", "system");
    const system = await openDatabase({ domain: "auth", url: systemUrl, as: "system", maxConnections: 4 });
    stops.push(() => system.close());
    const keys = await ensureKeys(environment, { server, system, newKeys: options.newKeys ?? false, print });
    const signingKeys = new Replaceable(keys.signingKeys);
    const encryptionKeys = new Replaceable(keys.encryptionKeys);
    const endKeys = followKeyFiles(environment, { signingKeys, encryptionKeys });
    stops.push(async () => endKeys());
    const stopping = new AbortController();
    const background: Promise<unknown>[] = [];
    stops.push(async () => {
      stopping.abort();
      await Promise.all(background);
    });
    const { redisUrl } = environment;
    const events = await startEvents(server, { redisUrl }, stopping.signal);
    background.push(events.ended);
    const figures = await serveMetrics(events.systems, { host: options.host, port: environment.metricsPort }, print);
    if (figures) stops.push(figures.close);
    if (demo || options.replay) {
      const { startDemo, startReplay } = await import("./live-fleet.ts");
      const { monitoring: monitoringJobs } = events.systems;
      const fleet = { databases, system, monitoringJobs, hypervisor, signal: stopping.signal, print };
      if (demo) background.push((await startDemo(fleet)).running);
      if (options.replay) background.push((await startReplay(fleet, options.replay)).running);
    }

    const redis = redisUrl ? openRedis(redisUrl) : undefined;
    if (redis) stops.push(async () => redis.disconnect());
    const keyEnvironment = keyEnvironmentOf(environment.production);
    const { pepper } = keys;
    const limits = new SignInLimits(redis);
    const identity = { system, pepper, encryptionKeys, environment: keyEnvironment, limits };
    const first = { dataDir: environment.dataDir, auth: databases.auth, system, pepper, keyEnvironment };
    for (const line of await ensureAdministrator(first)) print(line);

    const subgraphs = createSubgraphs(databases, identity, events.log);
    const { systems } = events;
    const calls = callsInProcess("jobs", subgraphs);
    stops.push(() => calls.close());
    await hypervisor?.ready;
    const dependencies = { services: databases, systems, environment, signingKeys, calls };
    stops.push(startOperations({ server, ...dependencies, hypervisor: hypervisor?.client }).stop);
    const gateway = await serveGateway({
      supergraphSdl: readFileSync(asset("supergraph.graphql"), "utf8"),
      transport: guarded(inProcess(subgraphs), {}, countCalls),
      subscriptions: inProcessSource(subgraphs),
      environment: readGatewayEnvironment(),
      production: environment.production,
      redis,
      ready: () => reachability(databases),
      graphiql: environment.production
        ? undefined
        : { example: theOneRequest, credential: `the apiKey in ${administratorFile(environment.dataDir)}` },
      host: options.host,
      port: options.port,
    });
    stops.push(gateway.stop);
    if (!environment.production) print(`browsers find GraphiQL at ${gateway.url}`);
    return { url: gateway.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
