import { readGatewayEnvironment } from "#gateway/environment.ts";
import { countCalls } from "#gateway/metrics.ts";
import { subgraphUrls } from "#gateway/subgraph-urls.ts";
import { explained, readSupergraph } from "#gateway/supergraph-file.ts";
import { overNetwork } from "#gateway/subscriptions/network/over-network.ts";
import { guarded } from "#gateway/transport/guarded.ts";
import { overHttp } from "#gateway/transport/http.ts";
import { onFileChange } from "#lib/files/watched-file.ts";
import { exportTraces } from "#lib/observability/export-traces.ts";
import { listenMetrics } from "#lib/observability/metrics-server.ts";
import { readRedisUrl } from "#lib/process/redis-url.ts";
import { openRedis } from "#lib/process/redis.ts";
import { callSigner } from "#lib/trust/call-keys.ts";
import { readKeyring } from "#lib/trust/keyring.ts";
import { followKeyring } from "#lib/trust/live-keys.ts";
import { isProduction } from "./installation-kind.ts";
import { serveGateway } from "./serve-gateway.ts";

export interface RemoteSubgraphsOptions {
  /** Read again when it changes. */
  supergraphFile: string;
  /** URLs of subgraphs that override those of the supergraph. */
  urls: Readonly<Record<string, string>>;
  /** Without authentication, signatures and limits; fields that the supergraph guards stay guarded. */
  open: boolean;
  host: string;
  port: number;
}

export interface RemoteSubgraphsGateway {
  url: string;
  stop(): Promise<void>;
}

/**
 * Starts a gateway whose subgraphs run in other processes.
 * @throws Error when the supergraph cannot be served, or a subgraph has no URL
 */
export async function serveRemoteSubgraphs(options: RemoteSubgraphsOptions): Promise<RemoteSubgraphsGateway> {
  const { supergraphFile, open, host, port } = options;
  const stopTraces = await exportTraces("novacron-gateway");
  const urlsIn = (sdl: string) => reachable({ ...subgraphUrls(sdl), ...options.urls });
  const supergraphSdl = readSupergraph(supergraphFile);
  let urls = reachable(explained(supergraphFile, () => ({ ...subgraphUrls(supergraphSdl), ...options.urls })));
  const signer = open ? undefined : callSigner("gateway", readKeyring("NOVACRON_SIGNING_KEYS"));
  const endKeys = signer && followKeyring("NOVACRON_SIGNING_KEYS", signer.keys);
  const http = overHttp(urls, signer);
  const subscriptions = overNetwork(urls, signer);
  const transport = guarded(http, { callTimeoutMs: 5_000 }, countCalls);
  const environment = readGatewayEnvironment();
  const production = isProduction();
  const redisUrl = open ? undefined : readRedisUrl();
  const redis = redisUrl ? openRedis(redisUrl) : undefined;
  const gateway = await serveGateway({
    supergraphSdl,
    transport,
    subscriptions,
    environment,
    production,
    redis,
    open,
    // A foreign subgraph need not report its readiness.
    ready: async () => open || reachability(urls),
    graphiql: production ? undefined : {},
    host,
    port,
  });
  const figures =
    environment.metricsPort === undefined ? undefined : await listenMetrics(host, environment.metricsPort);
  const readdress = (next: Readonly<Record<string, string>>) => {
    http.readdress(next);
    subscriptions.readdress(next);
  };
  const endWatch = onFileChange(supergraphFile, supergraphSdl, async (sdl) => {
    const next = urlsIn(sdl);
    // Until all requests use the new supergraph, the subgraphs of both are needed.
    readdress({ ...urls, ...next });
    try {
      await gateway.replaceSupergraph(sdl);
      urls = next;
    } finally {
      readdress(urls);
    }
  });
  return {
    url: gateway.url,
    stop: async () => {
      endWatch();
      endKeys?.();
      await gateway.stop();
      redis?.disconnect();
      await figures?.close();
      await stopTraces();
    },
  };
}

function reachable(urls: Readonly<Record<string, string>>): Record<string, string> {
  const missing = Object.entries(urls).filter(([, url]) => !/^https?:/.test(url));
  if (missing.length > 0) {
    const variables = missing.map(([name]) => `SUBGRAPH_URL_${name.toUpperCase()}`).join(", ");
    throw Object.assign(new Error(`Set ${variables}: a gateway as a separate process has no subgraphs in it.`), {
      code: "SUBGRAPH_URL_MISSING",
    });
  }
  return urls;
}

/** Returns whether the process of each subgraph reports that it is ready. */
async function reachability(urls: Readonly<Record<string, string>>): Promise<Record<string, boolean>> {
  const answers = Object.entries(urls).map(async ([name, url]): Promise<[string, boolean]> => {
    const response = await fetch(new URL("/health/ready", url), { signal: AbortSignal.timeout(1_000) }).catch(
      () => undefined,
    );
    return [name, response?.ok ?? false];
  });
  return Object.fromEntries(await Promise.all(answers));
}
