import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { domains } from "#db/columns.ts";
import type { EventBus, AnnouncementListener } from "#db/event-log/buses/event-bus.ts";
import { EventLog } from "#db/event-log/event-log.ts";
import type { EventSource } from "#events/event.ts";
import { logId, logInMemory } from "#tests/events/log-in-memory.ts";

/** What happens to a log and to its announcements. Numbers count events back from the newest one. */
type Step =
  | { does: "write"; gaps: number[] }
  | { does: "announce"; from: number; to: number; withEvents: boolean; times: number }
  | { does: "fail"; reads: number }
  | { does: "listen" }
  | { does: "let other tasks run" };

const back = fc.nat({ max: 12 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    does: fc.constant("write" as const),
    gaps: fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 5 }),
  }),
  fc.record({
    does: fc.constant("announce" as const),
    from: back,
    to: back,
    withEvents: fc.boolean(),
    times: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ does: fc.constant("fail" as const), reads: fc.integer({ min: 1, max: 2 }) }),
  fc.record({ does: fc.constant("listen" as const) }),
  fc.record({ does: fc.constant("let other tasks run" as const) }),
);

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Returns a bus whose announcements the test makes. */
function scriptedBus(): EventBus & { listener?: AnnouncementListener } {
  const bus: EventBus & { listener?: AnnouncementListener } = {
    name: "in-process",
    healthy: true,
    announce: async () => undefined,
    listen: async (_logs, listener, signal) => {
      bus.listener = listener;
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    },
    close: async () => undefined,
  };
  return bus;
}

async function play(steps: readonly Step[], capacity: number, batchSize: number) {
  const memory = Object.fromEntries(domains.map((domain) => [domain, logInMemory(domain)]));
  const vms = memory["vms"] ?? logInMemory("vms");
  const databases = Object.fromEntries(domains.map((domain) => [domain, memory[domain]?.database]));
  const bus = scriptedBus();
  const ended = new AbortController();
  const log = new EventLog({
    databases,
    buses: [bus],
    signal: ended.signal,
    // Polling is only for what nothing else brings, at the end.
    pollMs: 20,
    capacity,
  });
  const given: number[] = [];
  const following = (async () => {
    for await (const { events } of log.follow("oldest", { sources: ["vms"], signal: ended.signal, batchSize })) {
      given.push(...events.map(({ id }) => id));
    }
  })();
  for (const each of steps) {
    if (each.does === "write") for (const gap of each.gaps) vms.write(gap);
    else if (each.does === "fail") vms.failNext(each.reads);
    else if (each.does === "listen") bus.listener?.listening();
    else if (each.does === "let other tasks run") await turn();
    else {
      const [to, from] = [each.from, each.to].toSorted((a, b) => a - b) as [number, number];
      const end = Math.max(0, vms.events.length - to);
      const events = vms.events.slice(Math.max(0, vms.events.length - from), end);
      const last = events.at(-1)?.id;
      const after = vms.events[Math.max(0, vms.events.length - from) - 1]?.id ?? 0;
      if (last === undefined) continue;
      const announcement = {
        source: "vms" as EventSource,
        log: logId,
        after,
        last,
        events: each.withEvents ? events : undefined,
      };
      for (let time = 0; time < each.times; time += 1) bus.listener?.onAnnouncement(announcement);
    }
  }
  const written = vms.events.map(({ id }) => id);
  const until = performance.now() + 5_000;
  while (given.length < written.length && performance.now() < until) await turn();
  // A repeated event would arrive now.
  await turn();
  ended.abort();
  await following;
  await log.running;
  return { given, written };
}

describe("fault 32: announcements that are lost, repeated, late and out of order", () => {
  it("cost a follower no event, and bring none twice or out of order, whatever their schedule", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        async (steps, capacity, batchSize) => {
          const { given, written } = await play(steps, capacity, batchSize);
          expect(given).toEqual(written);
        },
      ),
      { numRuns: 150 },
    );
  });
});
