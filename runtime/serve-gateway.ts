import type { Redis } from "ioredis";
import { noLimits } from "#gateway/limits/limits.ts";
import { authSubgraph } from "#gateway/authentication/auth-calls.ts";
import { authentication, type Authentication } from "#gateway/authentication/authenticate.ts";
import { denialRecorder } from "#gateway/authentication/denials.ts";
import { followRevocations } from "#gateway/authentication/follow-revocations.ts";
import { IdentityCache } from "#gateway/authentication/identity-cache.ts";
import { KeyLimits } from "#gateway/authentication/key-limits.ts";
import { openDocuments } from "#gateway/documents/open-documents.ts";
import type { GatewayEnvironment } from "#gateway/environment.ts";
import { type GatewayServer, type GatewayServerOptions, startGateway } from "#gateway/http/server.ts";
import { countConnections, countEvents, countRequest } from "#gateway/metrics.ts";
import { anonymous, policies } from "#lib/trust/request-context.ts";
import { type KeyEnvironment, keyEnvironmentOf } from "./installation-kind.ts";

type Parts = Pick<
  GatewayServerOptions,
  "supergraphSdl" | "transport" | "subscriptions" | "ready" | "graphiql" | "host" | "port"
>;

/** How a gateway of the product differs from others: where its subgraphs are, and which callers it serves. */
export interface ServedGateway extends Parts {
  environment: GatewayEnvironment;
  production: boolean;
  /** Counts the requests of keys over several gateways; without it, each gateway counts its own. */
  redis: Redis | undefined;
  /** Without authentication and limits; fields that the supergraph guards stay guarded. */
  open?: boolean;
}

export interface RunningGateway extends Omit<GatewayServer, "close"> {
  stop(): Promise<void>;
}

/** Starts a gateway as every program of the product starts it. */
export async function serveGateway(options: ServedGateway): Promise<RunningGateway> {
  const { environment, production, redis, open = false, ...parts } = options;
  const { documents, close: closeDocuments } = openDocuments(environment);
  const { callers, stop: stopIdentifying } = open
    ? anybody
    : identifiedCallers(options.transport, keyEnvironmentOf(production), redis);
  const stop = async () => {
    closeDocuments();
    await stopIdentifying();
  };
  try {
    const { close, ...gateway } = await startGateway({
      ...parts,
      ...callers,
      documents,
      policies,
      allowedOrigins: environment.allowedOrigins,
      trustedProxies: environment.trustedProxies,
      loopbackOrigins: !production,
      introspection: !production,
      limits: open ? noLimits : undefined,
      anonymousSockets: open,
      needed: [authSubgraph],
      onRequest: countRequest,
      streamObserver: countEvents,
      connectionObserver: countConnections,
    });
    return {
      ...gateway,
      stop: async () => {
        await close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Identification {
  callers: Authentication & Pick<GatewayServerOptions, "onDenied">;
  stop(): Promise<void>;
}

const anybody: Identification = { callers: { identify: async () => anonymous }, stop: async () => undefined };

/** Identifies callers by the subgraph `auth`, and follows which credentials were revoked. */
function identifiedCallers(
  transport: ServedGateway["transport"],
  environment: KeyEnvironment,
  redis: Redis | undefined,
): Identification {
  const cache = new IdentityCache();
  const stopping = new AbortController();
  const following = followRevocations(transport, cache, stopping.signal);
  return {
    callers: {
      ...authentication({ transport, environment, limits: new KeyLimits(redis), cache }),
      onDenied: denialRecorder(transport),
    },
    stop: async () => {
      stopping.abort();
      await following;
    },
  };
}
