import { once } from "node:events";
import { buildSchema, type ExecutionResult } from "graphql";
import { vi } from "vitest";
import { WebSocket } from "ws";
import type { NetworkLimits } from "#gateway/subscriptions/network/limits.ts";
import { type NetworkSource, overNetwork } from "#gateway/subscriptions/network/over-network.ts";
import { callerKeys, callSigner } from "#lib/trust/call-keys.ts";
import type { Keyring } from "#lib/trust/keyring.ts";
import { Replaceable } from "#lib/replaceable.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { type SignedExtensions, signSubscription } from "#lib/trust/signed-subscription.ts";
import { listenSubgraph, type RunningServer } from "#lib/subgraph/server.ts";
import type { SubgraphSocketLimits } from "#lib/subgraph/socket-limits.ts";
import type { Subscribable, SubscriptionEvent } from "#lib/live/subscription.ts";
import { noWrites } from "#tests/harness/call-keys.ts";
import { InMemoryLog } from "./in-memory-source.ts";

export const keys: Keyring = [
  { id: "new", secret: "the newest key of both sides, of a test" },
  { id: "old", secret: "the key that was the newest before it" },
];
export const context = (): RequestContext => ({
  identity: {
    kind: "user",
    id: "ann",
    tenantId: "00000000-0000-4000-8000-000000000001",
    permissions: ["order:read"],
  },
  requestId: "request",
  deadline: Date.now() + 10_000,
});
export const request = { query: "subscription { ordered { number } }", variables: { shop: "one" } };
export const order = (number: number): ExecutionResult => ({ data: { ordered: { number } } });
export const numberOf = ({ result }: SubscriptionEvent): number[] =>
  result ? [(result.data as { ordered: { number: number } }).ordered.number] : [];
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** Functions that end what a test started; run after the test. */
export const ends: (() => unknown)[] = [];
/** The subgraph that is followed. */
export const subgraph: {
  log: InMemoryLog;
  /** The subscriptions that it received. */
  requests: { after: string | undefined; variables: unknown; context: RequestContext }[];
  failsWith: Error | undefined;
} = { log: new InMemoryLog(), requests: [], failsWith: undefined };

const subscriptions: Subscribable = {
  subscribe: (asks, signed, signal) => {
    subgraph.requests.push({ after: asks.after, variables: asks.variables, context: signed });
    if (subgraph.failsWith) throw subgraph.failsWith;
    return subgraph.log.follow(asks.after, signal);
  },
  position: async () => String(subgraph.log.events.length),
};

/** Resets the subgraph to its initial state. */
export function begin(): void {
  Object.assign(subgraph, { log: new InMemoryLog(), requests: [], failsWith: undefined });
}

export async function endAll(): Promise<void> {
  for (const end of ends.splice(0).toReversed()) await end();
}

export async function serve(given: Partial<SubgraphSocketLimits> = {}, port = 0): Promise<RunningServer> {
  const orders = {
    name: "orders",
    schema: buildSchema("type Query { a: Int }"),
    execute: async () => ({}),
    writes: () => false,
    subscriptions,
  };
  const callers = new Replaceable(callerKeys("gateway", keys, "orders"));
  const server = await listenSubgraph(
    { subgraph: orders, callers, executedWrites: noWrites },
    "127.0.0.1",
    port,
    given,
  );
  ends.push(() => server.close());
  return server;
}

export const quick: Partial<NetworkLimits> = { shortestBackOffMs: 2, longestBackOffMs: 20, idleMs: 20 };

export function sourceTo(url: string, given: Partial<NetworkLimits> = {}, { foreign = false } = {}): NetworkSource {
  const source = overNetwork({ orders: url }, foreign ? undefined : callSigner("gateway", keys), {
    ...quick,
    ...given,
  });
  ends.push(() => source.close());
  return source;
}

/** Follows a subscription until it is aborted, and records what it receives. */
export class Reader {
  readonly batches: (readonly SubscriptionEvent[])[] = [];
  readonly ending = new AbortController();
  readonly ended: Promise<unknown>;

  constructor(source: NetworkSource, after?: string) {
    this.ended = this.#read(source, after).catch((error: unknown) => error);
    ends.push(() => this.ending.abort());
  }

  get events(): SubscriptionEvent[] {
    return this.batches.flat();
  }

  get numbers(): number[] {
    return this.events.flatMap(numberOf);
  }

  async has(count: number): Promise<void> {
    await vi.waitUntil(() => this.numbers.length >= count, { timeout: 10_000, interval: 2 });
  }

  async #read(source: NetworkSource, after: string | undefined): Promise<void> {
    for await (const batch of source.subscribe("orders", { ...request, after }, context(), this.ending.signal))
      this.batches.push(batch);
  }
}

export interface Message {
  id?: string;
  type: string;
  payload?: unknown;
}

/** A client that sends the messages of the test, and records those that it receives. */
export class RawSocket {
  readonly received: Message[] = [];
  closed: number | undefined;
  status: number | undefined;
  readonly ws: WebSocket;

  constructor(url: string, { origin, protocol = "graphql-transport-ws" }: { origin?: string; protocol?: string } = {}) {
    this.ws = new WebSocket(url.replace("http:", "ws:"), protocol, origin === undefined ? {} : { origin });
    this.ws.on("message", (data) => this.received.push(JSON.parse(String(data)) as Message));
    this.ws.on("unexpected-response", (_request, { statusCode }) => {
      this.status = statusCode;
      this.ws.terminate();
    });
    this.ws.on("error", () => undefined);
    this.ws.on("close", (code) => (this.closed = code));
    ends.push(() => this.ws.terminate());
  }

  async send(...messages: (Message | string)[]): Promise<void> {
    if (this.ws.readyState === WebSocket.CONNECTING) await once(this.ws, "open");
    for (const message of messages) this.ws.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  async isClosed(): Promise<number | undefined> {
    await vi.waitUntil(() => this.closed !== undefined, { timeout: 5_000 });
    return this.closed;
  }
}

export const signed = (other: { audience?: string; keys?: Keyring; after?: string } = {}): Record<string, unknown> => {
  const { audience = "orders", keys: ring = keys, after = "0" } = other;
  const extensions: SignedExtensions = signSubscription(
    callSigner("gateway", ring),
    { audience, context: context() },
    { ...request, after },
  );
  return { ...extensions };
};
