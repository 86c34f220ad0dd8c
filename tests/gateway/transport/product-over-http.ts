import { readFileSync } from "node:fs";
import { type Domain, domains } from "#db/columns.ts";
import { noLimits } from "#gateway/limits/limits.ts";
import { startGateway } from "#gateway/http/server.ts";
import { guarded } from "#gateway/transport/guarded.ts";
import { overHttp } from "#gateway/transport/http.ts";
import type { HttpLimits, TransportLimits } from "#gateway/transport/limits.ts";
import type { BreakerState, ObservedCall } from "#gateway/transport/observer.ts";
import type { Transport } from "#gateway/transport/transport.ts";
import { asset } from "#lib/assets.ts";
import { policies } from "#lib/trust/request-context.ts";
import { demoUserId } from "#lib/trust/demo-tenant.ts";
import { callSigner } from "#lib/trust/call-keys.ts";
import type { Keyring } from "#lib/trust/keyring.ts";
import { listenSubgraph, type RunningServer } from "#lib/subgraph/server.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { type Answer, askGraph, bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { listeningOf } from "#tests/harness/call-keys.ts";
import { tcpProxy, type TcpProxy } from "#tests/harness/tcp-proxy.ts";
import { wholeTenantIdentity } from "#tests/harness/whole-tenant-identity.ts";

export const fleet = fleetOf(1);
export const keys: Keyring = [{ id: "1", secret: "a key of this test and of nothing else" }];

export interface ProductOverHttp {
  product: TestProduct;
  /** The network before each subgraph. */
  networks: Readonly<Record<Domain, TcpProxy>>;
  /** The calls that each subgraph has begun to execute, with mutations counted separately. */
  executed: { queries(domain: Domain): number; mutations(domain: Domain): number };
  /** Gives the gateway a transport for one test, whose breakers and budgets are independent of other tests. */
  gatewayOver(
    urls: Readonly<Record<string, string>>,
    limits?: Partial<TransportLimits>,
    http?: Partial<HttpLimits>,
  ): WatchedGateway;
  stop(): Promise<void>;
}

/** Starts the product's subgraphs, each behind HTTP and a network that can be broken, and a gateway before them. */
export async function productOverHttp(): Promise<ProductOverHttp> {
  const product = await bootProduct({ tenantId: fleet.tenantId });
  await insertFleet(product.urls, 1, 3);
  const queries = new Map<string, number>();
  const mutations = new Map<string, number>();
  const servers: RunningServer[] = [];
  const networks: [Domain, TcpProxy][] = [];
  for (const domain of domains) {
    const subgraph = product.subgraphs.find(({ name }) => name === domain);
    if (!subgraph) throw new Error(`There is no subgraph ${domain}.`);
    const counting: typeof subgraph = {
      ...subgraph,
      execute: (request, ...rest) => {
        const counts = request.query.startsWith("mutation") ? mutations : queries;
        counts.set(domain, (counts.get(domain) ?? 0) + 1);
        return subgraph.execute(request, ...rest);
      },
    };
    const server = await listenSubgraph(listeningOf(product, counting, keys), "127.0.0.1", 0);
    servers.push(server);
    networks.push([domain, await tcpProxy(server.url)]);
  }
  // One gateway for all tests, because it takes longer to start than a test takes. It only sees the calls of its transport.
  let transport: Transport;
  const gateway = await startGateway({
    policies,
    // Allows any fields that make a response large.
    limits: noLimits,
    supergraphSdl: readFileSync(asset("supergraph.graphql"), "utf8"),
    transport: { send: (...call) => transport.send(...call), close: async () => undefined },
    identify: async () => wholeTenantIdentity(fleet.tenantId, demoUserId),
    ready: async () => true,
    introspection: false,
    planning: "this thread",
    host: "127.0.0.1",
    port: 0,
  });
  return {
    product,
    networks: Object.fromEntries(networks) as Record<Domain, TcpProxy>,
    executed: {
      queries: (domain) => queries.get(domain) ?? 0,
      mutations: (domain) => mutations.get(domain) ?? 0,
    },
    gatewayOver: (urls, limits = {}, http = {}) => {
      const calls: ObservedCall[] = [];
      const retried: string[] = [];
      const breakers: WatchedGateway["breakers"] = [];
      const own = guarded(overHttp(urls, callSigner("gateway", keys), http), limits, {
        onCall: (call) => calls.push(call),
        onRetry: (subgraph) => retried.push(subgraph),
        onBreakerChange: (subgraph, state) => breakers.push(`${subgraph} ${state}`),
      });
      transport = own;
      return {
        ask: (query, variables) => askGraph(gateway.url, query, variables),
        calls,
        retried,
        breakers,
        close: () => own.close(),
      };
    },
    stop: async () => {
      await gateway.close();
      await Promise.all(networks.map(([, network]) => network.cut()));
      await Promise.all(servers.map((server) => server.close()));
      await product.stop();
    },
  };
}

export interface WatchedGateway {
  ask(query: string, variables?: Record<string, unknown>): Promise<Answer>;
  /** The calls that its transport reported, in order. */
  calls: ObservedCall[];
  retried: string[];
  breakers: `${string} ${BreakerState}`[];
  /** Closes its transport. */
  close(): Promise<void>;
}
