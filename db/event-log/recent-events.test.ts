import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event } from "#events/event.ts";
import { RecentEvents } from "./recent-events.ts";

const event = (id: number) => ({ id, transaction: id + 1_000 }) as Event;
const ids = (events: readonly Event[] | undefined) => events?.map(({ id }) => id);
const start = { id: 0, transaction: 0 };

/** Ids of a log, with gaps, in order. */
const logs = fc
  .uniqueArray(fc.integer({ min: 1, max: 500 }), { maxLength: 120 })
  .map((given) => given.toSorted((a, b) => a - b));

describe("the newest events in memory", () => {
  it("are those of the log after an id, or undefined when they do not reach back so far", () => {
    fc.assert(
      fc.property(
        logs,
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 1, maxLength: 40 }),
        fc.array(fc.record({ after: fc.integer({ min: 0, max: 510 }), limit: fc.integer({ min: 1, max: 50 }) })),
        (log, capacity, steps, questions) => {
          const recent = new RecentEvents(start, capacity);
          let added = 0;
          for (const step of steps) {
            // Begins a little before the last id, because announcements of two relays overlap.
            const from = Math.max(0, added - (step % 4));
            recent.add(log.slice(from, added + step).map(event));
            added = Math.min(log.length, added + step);
          }
          const known = log.slice(0, added);
          expect(recent.head.id).toBe(known.at(-1) ?? 0);
          const held = recent.after(known.at(-capacity - 1) ?? 0, 1_000);
          expect(ids(held)).toEqual(known.slice(-capacity));
          for (const { after, limit } of questions) {
            const answer = recent.after(after, limit);
            if (answer) expect(ids(answer)).toEqual(known.filter((id) => id > after).slice(0, limit));
          }
        },
      ),
    );
  });

  it("never exceed the capacity by more than a quarter", () => {
    const recent = new RecentEvents(start, 100);
    for (let id = 1; id <= 10_000; id += 1) {
      recent.add([event(id)]);
      const oldest = recent.after(Math.max(0, id - 126), 1_000);
      if (id > 126) expect(oldest).toBeUndefined();
    }
    expect(ids(recent.after(9_900, 1_000))).toHaveLength(100);
  });

  it("count as new only when they were not added before", () => {
    const recent = new RecentEvents(start, 10);
    expect(recent.add([1, 2, 3].map(event))).toBe(true);
    expect(recent.add([1, 2, 3].map(event))).toBe(false);
    expect(recent.add([])).toBe(false);
    expect(recent.add([2, 3, 4].map(event))).toBe(true);
    expect(ids(recent.after(0, 10))).toEqual([1, 2, 3, 4]);
  });

  it("begin at the new head after a restart, and return undefined for earlier ids", () => {
    const recent = new RecentEvents(start, 10);
    recent.add([1, 2, 3].map(event));
    recent.restart({ id: 7, transaction: 1_007 });
    expect(recent.after(3, 10)).toBeUndefined();
    expect(recent.after(7, 10)).toEqual([]);
    recent.add([event(8)]);
    expect(ids(recent.after(7, 10))).toEqual([8]);
  });
});
