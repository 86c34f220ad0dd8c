import { readFileSync } from "node:fs";
import { isTenantEnabled } from "#db/auth/credentials.ts";
import { openDatabase } from "#db/client.ts";
import { authSubgraph } from "#gateway/authentication/ask-auth.ts";
import { authentication } from "#gateway/authentication/authenticate.ts";
import { followRevocations } from "#gateway/authentication/follow-revocations.ts";
import { denialRecorder } from "#gateway/authentication/denials.ts";
import { IdentityCache } from "#gateway/authentication/identity-cache.ts";
import { KeyLimits } from "#gateway/authentication/key-limits.ts";
import { openDocuments } from "#gateway/documents/open-documents.ts";
import { readGatewayEnvironment } from "#gateway/environment.ts";
import { countCalls, countConnections, countEvents, countRequest } from "#gateway/metrics.ts";
import { startGateway } from "#gateway/http/server.ts";
import { inProcessSource } from "#gateway/subscriptions/source.ts";
import { guarded } from "#gateway/transport/guarded.ts";
import { inProcess } from "#gateway/transport/in-process.ts";
import { asset } from "#lib/assets.ts";
import { exportTraces } from "#lib/export-traces.ts";
import { policies } from "#lib/request-context.ts";
import { demoTenantId } from "#lib/demo-tenant.ts";
import { platformTenantId } from "#lib/platform-tenant.ts";
import { SignInLimits } from "#subgraphs/auth/sign-in/sign-in-limits.ts";
import { openRedis } from "#lib/redis.ts";
import { administratorFile } from "./administrator-file.ts";
import { ensureAdministrator } from "./administrator.ts";
import { runAuditCheckpoints } from "./audit/checkpoints.ts";
import {
  reachability,
  closeDatabases,
  migrateAll,
  openDatabases,
  reachDatabases,
  requireMigrated,
} from "./databases.ts";
import type { Environment } from "./environment.ts";
import { startEvents } from "./events/start-events.ts";
import { serveMetrics } from "./metrics-server.ts";
import { readKeys } from "./keys.ts";
import { runMonitoringJobs } from "./jobs.ts";
import { theOneRequest } from "./one-request.ts";
import { startDemo } from "./live-fleet.ts";
import { createSubgraphs } from "./subgraphs.ts";

export interface StartOptions {
  host: string;
  port: number;
  demo: boolean;
  /** Migrate databases that are not the embedded server's. */
  migrate: boolean;
}

export interface RunningProduct {
  url: string;
  /** Stops everything that the start started, in reverse. */
  stop(): Promise<void>;
}

/** Everything in one process: databases, subgraphs, gateway and, unless told otherwise, a living demo fleet. */
export async function start(
  environment: Environment,
  options: StartOptions,
  say: (line: string) => void,
): Promise<RunningProduct> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const undo of stops.splice(0).reverse()) await undo();
  };
  try {
    stops.push(await exportTraces("novacron"));
    const { keys, made } = readKeys(environment);
    if (made) say(`made new keys in ${environment.dataDir}/keys`);
    const server = await reachDatabases(environment, say);
    stops.push(server.stop);
    if (server.embedded || options.migrate) await migrateAll(server, say);
    else await requireMigrated(server);
    const databases = await openDatabases(server);
    stops.push(() => closeDatabases(databases));

    const stopping = new AbortController();
    const background: Promise<unknown>[] = [];
    stops.push(async () => {
      stopping.abort();
      await Promise.all(background);
    });
    const { redisUrl, eventRetentionSeconds: retentionSeconds } = environment;
    const events = await startEvents(server, { redisUrl, retentionSeconds }, stopping.signal);
    background.push(events.ended);
    const monitoringJobs = events.systems.monitoring;
    if (environment.metricsPort !== undefined) {
      const figures = await serveMetrics(events.systems, options.host, environment.metricsPort);
      stops.push(figures.close);
      say(`figures for Prometheus are at ${figures.url}`);
    }
    if (options.demo) background.push((await startDemo(databases, monitoringJobs, stopping.signal, say)).running);
    background.push(runMonitoringJobs(monitoringJobs, stopping.signal));
    const checkpoints = { path: environment.auditCheckpoints, signingKeys: keys.signingKeys };
    background.push(runAuditCheckpoints(events.systems.auth, checkpoints, stopping.signal));

    const system = await openDatabase({
      domain: "auth",
      url: server.url("auth", "system"),
      as: "system",
      maxConnections: 4,
    });
    stops.push(() => system.close());
    const redis = redisUrl ? openRedis(redisUrl) : undefined;
    if (redis) stops.push(async () => redis.disconnect());
    const keyEnvironment = environment.production ? "prod" : "dev";
    const limits = new SignInLimits(redis);
    const { pepper, encryptionKeys } = keys;
    const identity = { system, pepper, encryptionKeys, environment: keyEnvironment, limits };
    const { dataDir } = environment;
    const tenantId = (await isTenantEnabled(system, demoTenantId)) ? demoTenantId : platformTenantId;
    const first = { dataDir, auth: databases.auth, system, pepper: keys.pepper, keyEnvironment, tenantId };
    if (await ensureAdministrator(first))
      say(`the first administrator's password and API key are in ${administratorFile(dataDir)}`);

    const subgraphs = createSubgraphs(databases, identity, events.log);
    const transport = guarded(inProcess(subgraphs), {}, countCalls);
    const cache = new IdentityCache();
    background.push(followRevocations(transport, cache, stopping.signal));
    const gatewayEnvironment = readGatewayEnvironment();
    const { documents, close: closeDocuments } = openDocuments(gatewayEnvironment);
    stops.push(async () => closeDocuments());
    const gateway = await startGateway({
      documents,
      allowedOrigins: gatewayEnvironment.allowedOrigins,
      trustedProxies: gatewayEnvironment.trustedProxies,
      loopbackOrigins: !environment.production,
      policies,
      supergraphSdl: readFileSync(asset("supergraph.graphql"), "utf8"),
      transport,
      subscriptions: inProcessSource(subgraphs),
      onDenied: denialRecorder(transport),
      onRequest: countRequest,
      streamObserver: countEvents,
      connectionObserver: countConnections,
      ...authentication({ transport, environment: keyEnvironment, limits: new KeyLimits(redis), cache }),
      ready: () => reachability(databases),
      needed: [authSubgraph],
      introspection: !environment.production,
      graphiql: environment.production
        ? undefined
        : { example: theOneRequest, credential: `the apiKey in ${administratorFile(dataDir)}` },
      host: options.host,
      port: options.port,
    }).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
      const taken = `port ${options.port} of ${options.host} is in use; choose another with --port`;
      throw Object.assign(new Error(taken), { code: "PORT_TAKEN" });
    });
    stops.push(gateway.close);
    if (!environment.production) say(`browsers find GraphiQL at ${gateway.url}`);
    return { url: gateway.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
