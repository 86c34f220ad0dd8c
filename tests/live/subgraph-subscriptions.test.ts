import { getEventListeners } from "node:events";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "#db/client.ts";
import { inProcessBus } from "#db/event-log/buses/in-process.ts";
import { refusalOf } from "#lib/trust/request-context.ts";
import { callsInProcess } from "#runtime/service-calls.ts";
import { createVmsSubgraph } from "#subgraphs/vms/subgraph.ts";
import type { Fleet } from "#tests/graph/rows.ts";
import { statementsDuring } from "#tests/harness/statements.ts";
import { tcpProxy } from "#tests/harness/tcp-proxy.ts";
import { reviewedNeeds } from "#tests/security/reviewed-needs.ts";
import { everyRole, stranger } from "#tests/security/roles.ts";
import { selectionOf } from "#tests/security/selections.ts";
import {
  dataOf,
  everything,
  firstOf,
  liveSubgraphs,
  type LiveSubgraphs,
  subscribe,
  Subscriber,
  writeStates,
} from "./subgraph-fixture.ts";

let live: LiveSubgraphs;
beforeAll(async () => {
  live = await liveSubgraphs();
});
afterAll(() => live.stop());

const query = "subscription { vmStateChanged { id toState vm { id name } } }";
const changeOf = (event: Parameters<typeof dataOf>[0]) =>
  dataOf(event)["vmStateChanged"] as { id: string; toState: string; vm: { id: string } };

/** Changes states of the fleet's VMs, and keeps track of them. */
class States {
  readonly #fleet: Fleet;
  readonly #running = new Map<number, boolean>();
  /** The states that each VM was brought into, by its id. */
  readonly written = new Map<string, string[]>();

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  /** Starts or stops each of these VMs, as often as it is listed, each time in its own transaction. */
  async toggle(numbers: readonly number[]): Promise<void> {
    for (const number of numbers) {
      const vmId = this.#fleet.id("vm", number);
      // In the fleet's rows, every third VM runs.
      const isRunning = this.#running.get(number) ?? number % 3 === 0;
      const from = isRunning
        ? ("running" as const)
        : this.#running.has(number) || number % 3 === 1
          ? ("stopped" as const)
          : ("paused" as const);
      const to = isRunning ? ("stopped" as const) : ("running" as const);
      this.#running.set(number, !isRunning);
      const moved = await writeStates(live, this.#fleet, [{ vmId, from, to }]);
      if (moved.length === 0) throw new Error(`VM ${number} was not ${from}.`);
      this.written.set(vmId, [...(this.written.get(vmId) ?? []), to.toUpperCase()]);
    }
  }
}
let states: States;
beforeAll(() => {
  states = new States(live.ours);
});

describe("a subscription to a subgraph", () => {
  it("sends its database the same number of statements for a batch of events of any size", async () => {
    const queryCount = async (count: number) => {
      const { start, stop } = await begun();
      await states.toggle(Array.from({ length: count }, (_, index) => 1 + (index % 4)));
      const statements = await statementsDuring(live.urls, async () => {
        const subscriber = await Subscriber.of(live.vms, { query, after: start }, everything(live.ours));
        await subscriber.take(count);
        subscriber.stop();
        expect(subscriber.batches.filter((batch) => batch.some(({ result }) => result))).toHaveLength(1);
      });
      stop();
      return statements
        .filter(({ query: text }) => /^\s*select [^(]*from "(vms|vm_state_transitions)"/.test(text))
        .map(({ calls }) => calls);
    };
    expect(await queryCount(2)).toEqual([1, 1]);
    expect(await queryCount(40)).toEqual([1, 1]);
  });

  it("is late, but complete, after the database was unavailable", async () => {
    const proxy = await tcpProxy(live.urls.url("vms"));
    const database = await openDatabase({ domain: "vms", url: proxy.url });
    const log = live.log([inProcessBus()], { pollMs: 50 });
    const subgraph = createVmsSubgraph({ database, log, calls: callsInProcess("vms", []) });
    const subscriber = await Subscriber.of(subgraph, { query }, everything(live.ours));
    await states.toggle([1]);
    await subscriber.take(1);
    await proxy.cut();
    await states.toggle([1, 2, 1]);
    const taking = subscriber.take(3);
    // By the time the next query finds no database, the subscription has tried and found none.
    const context = { identity: everything(live.ours), requestId: "request", deadline: Date.now() + 10_000 };
    const refused = await subgraph.execute({ query: "{ vms { totalCount } }" }, context);
    expect(refused.errors?.map(({ extensions }) => extensions["code"])).toEqual(["DATABASE_UNAVAILABLE"]);
    await proxy.mend();
    const received = (await taking).map(changeOf).map(({ vm }) => vm.id);
    expect(received).toEqual([1, 2, 1].map((number) => live.ours.id("vm", number)));
    subscriber.stop();
    await database.close();
    await proxy.cut();
  });

  it.each([
    ["every event", () => live.vms, query],
    ["only the newest event", () => live.monitoring, "subscription { vmMetrics { time } }"],
  ] as const)("to %s ends at the signal and leaves no listener on it", async (_what, of, queries) => {
    const stopping = new AbortController();
    const subscription = subscribe(of(), { query: queries }, everything(live.ours), stopping.signal)[
      Symbol.asyncIterator
    ]();
    const first = await subscription.next();
    expect(first.value).toEqual([{ position: expect.any(String) }]);
    const waiting = subscription.next();
    const since = performance.now();
    stopping.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(performance.now() - since).toBeLessThan(1_000);
    expect(getEventListeners(stopping.signal, "abort")).toEqual([]);
  });

  it.each([
    ["every event", () => live.vms, query],
    ["only the newest event", () => live.monitoring, "subscription { vmMetrics { time } }"],
  ] as const)("to %s leaves no listener when it is no longer read", async (_what, of, queries) => {
    const stopping = new AbortController();
    const subscription = subscribe(of(), { query: queries }, everything(live.ours), stopping.signal)[
      Symbol.asyncIterator
    ]();
    await subscription.next();
    await subscription.return?.();
    expect(getEventListeners(stopping.signal, "abort")).toEqual([]);
  });

  it("is refused to each role if and only if the reviewed matrix refuses it", async () => {
    const roles = [
      ...(await everyRole(live.urls, live.ours.tenantId)),
      ["stranger", stranger(live.ours.tenantId)] as const,
    ];
    const needs = reviewedNeeds();
    let queries = 0;
    for (const subgraph of [live.vms, live.monitoring, live.federation]) {
      for (const field of Object.values(subgraph.schema.getSubscriptionType()?.getFields() ?? {})) {
        for (const [role, identity] of roles) {
          const refusal = refusalOf(identity, needs.get(`Subscription.${field.name}`) ?? "none");
          const outcome = await firstOf(subgraph, { query: `subscription { ${selectionOf(field)} }` }, identity).catch(
            (error: unknown) => error,
          );
          if (refusal) expect(outcome, `${field.name} by ${role}`).toEqual(refusal);
          else expect(outcome, `${field.name} by ${role}`).toEqual([{ position: expect.any(String) }]);
          queries += 1;
        }
      }
    }
    const reviewed = [...needs.keys()].filter((coordinate) => coordinate.startsWith("Subscription."));
    expect(reviewed.length).toBeGreaterThan(4);
    expect(queries).toBe(reviewed.length * roles.length);
  });

  it("loses and repeats nothing, whatever is written and however often it is interrupted and resumed", async () => {
    const step = fc.oneof(
      fc.record({ write: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }) }),
      fc.record({ read: fc.integer({ min: 1, max: 6 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 20 }), async (steps) => {
        const written: string[] = [];
        const read: string[] = [];
        let { start: after } = await begun();
        let unread = 0;
        const readOn = async (count: number) => {
          const subscriber = await Subscriber.of(live.vms, { query, after }, everything(live.ours));
          const events = (await subscriber.take(count)).slice(0, count);
          subscriber.stop();
          read.push(...events.map(changeOf).map(({ vm, toState }) => `${vm.id} ${toState}`));
          after = events.at(-1)?.position ?? after;
          unread -= count;
        };
        for (const each of steps) {
          if ("write" in each) {
            for (const number of each.write) {
              await states.toggle([number]);
              const vmId = live.ours.id("vm", number);
              written.push(`${vmId} ${states.written.get(vmId)?.at(-1)}`);
            }
            unread += each.write.length;
          } else if (unread > 0) await readOn(Math.min(each.read, unread));
        }
        if (unread > 0) await readOn(unread);
        expect(read).toEqual(written);
      }),
      { numRuns: 10 },
    );
  });
});

/** Starts a subscriber. @returns the position at which it starts, and a function that stops it */
async function begun(): Promise<{ start: string; stop: () => void }> {
  const subscriber = await Subscriber.of(live.vms, { query }, everything(live.ours));
  return { start: subscriber.start, stop: () => subscriber.stop() };
}
