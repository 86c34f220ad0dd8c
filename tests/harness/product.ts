import type { Keyring } from "#lib/trust/keyring.ts";
import { Replaceable } from "#lib/replaceable.ts";
import { reachability, closeDatabases, type Databases, openDatabases } from "#runtime/databases.ts";
import { type RunningEvents, startEvents } from "#runtime/events/start-events.ts";
import { createSubgraphs } from "#runtime/subgraphs.ts";
import { wholeTenantIdentity } from "./whole-tenant-identity.ts";
import { authentication } from "#gateway/authentication/authenticate.ts";
import { denialRecorder } from "#gateway/authentication/denials.ts";
import { IdentityCache } from "#gateway/authentication/identity-cache.ts";
import { KeyLimits } from "#gateway/authentication/key-limits.ts";
import type { Limits } from "#gateway/limits/limits.ts";
import { startGateway } from "#gateway/http/server.ts";
import type { SocketLimits } from "#gateway/sockets/socket-limits.ts";
import { inProcessSource } from "#gateway/subscriptions/source.ts";
import { guarded } from "#gateway/transport/guarded.ts";
import { inProcess } from "#gateway/transport/in-process.ts";
import type { TransportLimits } from "#gateway/transport/limits.ts";
import type { Transport } from "#gateway/transport/transport.ts";
import { type Database, openDatabase } from "#db/client.ts";
import { type AddressRange, parseAddressRange } from "#lib/trust/ip-address.ts";
import { policies } from "#lib/trust/request-context.ts";
import { demoTenantId, demoUserId } from "#lib/trust/demo-tenant.ts";
import type { Subgraph } from "#lib/subgraph/subgraph.ts";
import { SignInLimits } from "#subgraphs/auth/sign-in/sign-in-limits.ts";
import { type AnsweredData, answerOf } from "./answers.ts";
import { testEncryptionKeys, testKeyEnvironment, testPepper } from "./credentials.ts";
import { cloneDatabases, type TestDatabases } from "./server.ts";
import { productSupergraph } from "./supergraph.ts";

export interface Answer extends AnsweredData {
  status: number;
}

export interface TestProduct {
  url: string;
  databases: Databases;
  /** The auth database under its system role. */
  system: Database;
  urls: TestDatabases;
  subgraphs: Subgraph[];
  transport: Transport;
  /** The identity cache of an authenticating product; only the test itself reports revocations to it. */
  identities: IdentityCache;
  signInLimits: SignInLimits;
  /** Undefined for a product without events. */
  events: RunningEvents | undefined;
  /** @param token sent as `Authorization: Bearer` */
  ask(query: string, variables?: Record<string, unknown>, token?: string): Promise<Answer>;
  stop(): Promise<void>;
}

export interface TestProductOptions {
  tenantId?: string;
  /** Authenticates callers as the product does; otherwise every caller is one user who may do everything in their tenant. */
  authenticates?: boolean;
  /** Trusts the client addresses that a proxy on this machine forwards. */
  behindProxy?: boolean;
  /** Runs relays, log and consumers, as `start` does, so that clients can subscribe. */
  withEvents?: boolean;
  /** The limits of sockets, where they differ from the product's. */
  socketLimits?: Partial<SocketLimits>;
  /** Wraps the in-process transport, to break it. */
  wrapTransport?: (transport: Transport) => Transport;
  limits?: Partial<TransportLimits>;
  /** The limits of one request; the product's by default. */
  operationLimits?: Limits;
  /** Existing databases; otherwise the product gets new ones. It drops them at the end. */
  urls?: TestDatabases;
}

/** Starts the whole product in this process, with its own databases and port. */
export async function bootProduct(options: TestProductOptions = {}): Promise<TestProduct> {
  const urls = options.urls ?? (await cloneDatabases());
  const databases = await openDatabases({ url: urls.url, embedded: false, stop: async () => undefined });
  const system = await openDatabase({
    domain: "auth",
    url: urls.url("auth", "system"),
    as: "system",
    maxConnections: 4,
  });
  const signInLimits = new SignInLimits();
  const stopping = new AbortController();
  const server = { url: urls.url, embedded: false, stop: async () => undefined };
  const eventOptions = { redisUrl: undefined };
  const events = options.withEvents ? await startEvents(server, eventOptions, stopping.signal) : undefined;
  const dependencies = {
    system,
    pepper: testPepper,
    encryptionKeys: new Replaceable<Keyring>(testEncryptionKeys),
    environment: testKeyEnvironment,
    limits: signInLimits,
  };
  const subgraphs = createSubgraphs(databases, dependencies, events?.log);
  const identity = wholeTenantIdentity(options.tenantId ?? demoTenantId, demoUserId);
  const direct = inProcess(subgraphs);
  const transport = guarded(options.wrapTransport?.(direct) ?? direct, { callTimeoutMs: 20_000, ...options.limits });
  const identities = new IdentityCache();
  const limits = new KeyLimits();
  const gateway = await startGateway({
    policies,
    supergraphSdl: productSupergraph().sdl,
    loaded: productSupergraph(),
    transport,
    subscriptions: inProcessSource(subgraphs),
    socketLimits: options.socketLimits,
    ...(options.behindProxy ? { trustedProxies: [parseAddressRange("127.0.0.1") as AddressRange] } : {}),
    ...(options.authenticates ? { onDenied: denialRecorder(transport) } : {}),
    ...(options.authenticates
      ? authentication({ transport, environment: testKeyEnvironment, limits, cache: identities })
      : { identify: async () => identity }),
    ready: () => reachability(databases),
    introspection: true,
    planning: "this thread",
    limits: options.operationLimits,
    host: "127.0.0.1",
    port: 0,
    requestTimeoutMs: 60_000,
  });
  return {
    url: gateway.url,
    databases,
    system,
    urls,
    subgraphs,
    transport,
    identities,
    signInLimits,
    events,
    ask: (query, variables, token) => askGraph(gateway.url, query, variables, token),
    stop: async () => {
      await gateway.close();
      stopping.abort();
      await events?.ended;
      await Promise.all([closeDatabases(databases), system.close()]);
      await urls.drop();
    },
  };
}

/** Sends one GraphQL request over HTTP. */
export async function askGraph(
  url: string,
  query: string,
  variables: Record<string, unknown> = {},
  token?: string,
): Promise<Answer> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, ...answerOf({ body: await response.text() }) };
}
