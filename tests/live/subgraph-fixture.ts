import { inProcessBus } from "#db/event-log/buses/in-process.ts";
import { changeStates, type StateChange } from "#db/vms/state-writes.ts";
import { wholeTenantIdentity } from "#tests/harness/whole-tenant-identity.ts";
import type { Identity, RequestContext } from "#lib/trust/request-context.ts";
import type { Subgraph } from "#lib/subgraph/subgraph.ts";
import type { Subscription, SubscriptionEvent, SubscriptionRequest } from "#lib/live/subscription.ts";
import { callsInProcess } from "#runtime/service-calls.ts";
import { createFederationSubgraph } from "#subgraphs/federation/subgraph.ts";
import { createMonitoringSubgraph } from "#subgraphs/monitoring/subgraph.ts";
import { createVmsSubgraph } from "#subgraphs/vms/subgraph.ts";
import { logFixture, type LogFixture } from "#tests/events/log-fixture.ts";
import { fleetOf, insertFleet, type Fleet } from "#tests/graph/rows.ts";

export interface LiveSubgraphs extends LogFixture {
  vms: Subgraph;
  monitoring: Subgraph;
  federation: Subgraph;
  /** Two tenants, each with a few rows of every kind. */
  ours: Fleet;
  theirs: Fleet;
}

/** Starts the subgraphs with subscriptions, with one log and its relays. */
export async function liveSubgraphs(): Promise<LiveSubgraphs> {
  const fixture = await logFixture();
  await insertFleet(fixture.urls, 1, 4);
  await insertFleet(fixture.urls, 2, 4);
  const bus = inProcessBus();
  const log = fixture.log([bus]);
  fixture.relay([bus], { domains: ["vms", "monitoring", "federation"] });
  const { services } = fixture;
  return {
    ...fixture,
    vms: createVmsSubgraph({ database: services.vms, log, calls: callsInProcess("vms", []) }),
    monitoring: createMonitoringSubgraph({ database: services.monitoring, log }),
    federation: createFederationSubgraph({ database: services.federation, log }),
    ours: fleetOf(1),
    theirs: fleetOf(2),
  };
}

const contextOf = (identity: Identity): RequestContext => ({
  identity,
  requestId: "request",
  // Already past: a subscription does not wait for its deadline.
  deadline: Date.now() - 1,
});

export const everything = (fleet: Fleet): Identity => wholeTenantIdentity(fleet.tenantId, fleet.id("user"));

/** A subscriber and the events that it has received. */
export class Subscriber {
  readonly batches: (readonly SubscriptionEvent[])[] = [];
  readonly #subscription: AsyncIterator<readonly SubscriptionEvent[]>;
  readonly #stopping = new AbortController();

  /** @returns a subscriber that has received the position at which it starts */
  static async of(subgraph: Subgraph, request: SubscriptionRequest, identity: Identity): Promise<Subscriber> {
    const subscriber = new Subscriber(subgraph, request, identity);
    await subscriber.next();
    return subscriber;
  }

  private constructor(subgraph: Subgraph, request: SubscriptionRequest, identity: Identity) {
    // Reports a missing event before the test itself times out.
    setTimeout(() => this.stop(), 20_000).unref();
    this.#subscription = subscribe(subgraph, request, identity, this.#stopping.signal)[Symbol.asyncIterator]();
  }

  /** Resolves to the next batch; undefined at the end. */
  async next(): Promise<readonly SubscriptionEvent[] | undefined> {
    const { value, done } = await this.#subscription.next();
    if (done) return undefined;
    this.batches.push(value);
    return value;
  }

  /** Resolves to the next events with a result, at least `count` of them. */
  async take(count: number): Promise<SubscriptionEvent[]> {
    const taken: SubscriptionEvent[] = [];
    while (taken.length < count) {
      const batch = await this.next();
      if (!batch) throw new Error(`The subscription ended after ${taken.length} of ${count} events.`);
      taken.push(...batch.filter(({ result }) => result !== undefined));
    }
    return taken;
  }

  /** The position at which it started, before any event. */
  get start(): string {
    return this.batches[0]?.[0]?.position ?? "";
  }

  stop(): void {
    this.#stopping.abort();
  }
}

export function subscribe(
  subgraph: Subgraph,
  request: SubscriptionRequest,
  identity: Identity,
  signal: AbortSignal,
): Subscription {
  if (!subgraph.subscriptions) throw new Error(`${subgraph.name} has no subscriptions.`);
  return subgraph.subscriptions.subscribe(request, contextOf(identity), signal);
}

/** Resolves to the first batch that a subscriber receives, or rejects with the error that refuses it. */
export async function firstOf(subgraph: Subgraph, request: SubscriptionRequest, identity: Identity): Promise<unknown> {
  const stopping = new AbortController();
  try {
    for await (const batch of subscribe(subgraph, request, identity, stopping.signal)) return batch;
    return undefined;
  } finally {
    stopping.abort();
  }
}

export const dataOf = ({ result }: SubscriptionEvent): Record<string, Record<string, unknown>> => {
  if (result?.errors) throw new AggregateError(result.errors, "An event has errors.");
  return JSON.parse(JSON.stringify(result?.data)) as Record<string, Record<string, unknown>>;
};

/** Changes states of a tenant's VMs in one transaction. */
export const writeStates = (
  { services }: LiveSubgraphs,
  fleet: Fleet,
  changes: readonly Pick<StateChange, "vmId" | "from" | "to">[],
): Promise<string[]> =>
  services.vms.write({ tenantId: fleet.tenantId, actor: "job:test" }, (tx) =>
    changeStates(
      tx,
      changes.map((change) => ({ ...change, reason: "a test", initiatedBy: fleet.id("user") })),
    ),
  );
