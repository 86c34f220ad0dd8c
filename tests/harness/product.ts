import { readFileSync } from "node:fs";
import { allReachable, closeDatabases, type Databases, openDatabases } from "#cli/databases.ts";
import { createSubgraphs } from "#cli/subgraphs.ts";
import { developmentIdentity } from "#gateway/development-identity.ts";
import { startGateway } from "#gateway/server.ts";
import { guarded } from "#gateway/transport/guarded.ts";
import { inProcess } from "#gateway/transport/in-process.ts";
import type { Transport } from "#gateway/transport/transport.ts";
import { asset } from "#lib/assets.ts";
import { demoTenantId, demoUserId } from "#lib/demo-tenant.ts";
import type { Subgraph } from "#lib/subgraph.ts";
import { cloneDatabases, type TestDatabases } from "./server.ts";

export interface Answer {
  status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are as deep as queries; tests read them by path
  data: any;
  errors: { message: string; path?: (string | number)[]; extensions: { code: string; [key: string]: unknown } }[];
}

export interface TestProduct {
  url: string;
  databases: Databases;
  urls: TestDatabases;
  subgraphs: Subgraph[];
  ask(query: string, variables?: Record<string, unknown>): Promise<Answer>;
  stop(): Promise<void>;
}

export interface TestProductOptions {
  tenantId?: string;
  /** Wraps the in-process carrier, to break it. */
  carrier?: (transport: Transport) => Transport;
  callTimeoutMs?: number;
  /** Databases that are there; else the product gets new ones. It drops them in the end. */
  urls?: TestDatabases;
}

/** The whole product in this process, on databases and a port of its own. */
export async function bootProduct(options: TestProductOptions = {}): Promise<TestProduct> {
  const urls = options.urls ?? (await cloneDatabases());
  const databases = await openDatabases({ url: urls.url, embedded: false, stop: async () => undefined });
  const subgraphs = createSubgraphs(databases);
  const identity = developmentIdentity(options.tenantId ?? demoTenantId, demoUserId);
  const carrier = inProcess(subgraphs);
  const gateway = await startGateway({
    supergraphSdl: readFileSync(asset("supergraph.graphql"), "utf8"),
    transport: guarded(options.carrier?.(carrier) ?? carrier, { callTimeoutMs: options.callTimeoutMs ?? 20_000 }),
    identify: async () => identity,
    ready: () => allReachable(databases),
    introspection: true,
    host: "127.0.0.1",
    port: 0,
    requestTimeoutMs: 60_000,
  });
  return {
    url: gateway.url,
    databases,
    urls,
    subgraphs,
    ask: (query, variables) => askGraph(gateway.url, query, variables),
    stop: async () => {
      await gateway.close();
      await closeDatabases(databases);
      await urls.drop();
    },
  };
}

/** One GraphQL request over HTTP. */
export async function askGraph(url: string, query: string, variables: Record<string, unknown> = {}): Promise<Answer> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const body = (await response.json()) as Partial<Answer>;
  return { status: response.status, data: body.data ?? null, errors: body.errors ?? [] };
}
