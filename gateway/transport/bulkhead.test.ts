import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { manualTransport, contextOf, never, query } from "#tests/gateway/transport/manual-transport.ts";
import { Bulkhead, withBulkhead } from "./bulkhead.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a bulkhead", () => {
  it("admits calls up to its limit, queues some, and refuses the rest", async () => {
    const inner = manualTransport();
    const transport = withBulkhead(inner, { callsInFlight: 2, callsWaiting: 1 });
    const send = () => transport.send("vms", query("{ a }"), contextOf("1"), never());
    const [first, second, third] = [send(), send(), send()];
    await expect(send()).rejects.toMatchObject({ kind: "overloaded" });
    expect(inner.calls).toHaveLength(2);
    inner.calls[0]?.answer({ data: { call: 1 } });
    await first;
    await turn();
    expect(inner.calls).toHaveLength(3);
    for (const [index, call] of inner.calls.entries()) call.answer({ data: { call: index } });
    await Promise.all([second, third]);
  });

  it("keeps half of the places for queries, however many mutations wait", async () => {
    const inner = manualTransport();
    const transport = withBulkhead(inner, { callsInFlight: 4, callsWaiting: 10 });
    const mutation = { query: "mutation { m }", operation: "mutation" as const };
    const mutations = [1, 2, 3, 4, 5].map(() => transport.send("vms", mutation, contextOf("1"), never()));
    const queries = [1, 2].map(() => transport.send("vms", query("{ a }"), contextOf("1"), never()));
    await turn();
    expect(inner.calls.map(({ request }) => request.operation)).toEqual(["mutation", "mutation", "query", "query"]);
    for (let answered = 0; answered < 7; answered += 1) {
      inner.calls[answered]?.answer({ data: {} });
      await turn();
    }
    await Promise.all([...mutations, ...queries]);
  });

  it("admits waiting groups in turns, and the calls of one group in order", async () => {
    const bulkhead = new Bulkhead({ callsInFlight: 1, callsWaiting: 10 });
    await bulkhead.enter(never());
    const entered: string[] = [];
    const leaving = new AbortController();
    for (const name of ["a1", "a2", "a3", "b1", "c1", "b2"]) {
      const signal = name === "c1" ? leaving.signal : never();
      void bulkhead.enter(signal, name[0])?.then(
        () => entered.push(name),
        () => undefined,
      );
    }
    leaving.abort();
    for (let left = 0; left < 5; left += 1) {
      bulkhead.leave();
      await turn();
    }
    expect(entered).toEqual(["a1", "b1", "a2", "b2", "a3"]);
    bulkhead.leave();
    expect(bulkhead.enter(never())).toBeUndefined();
  });

  it("gives each subgraph its own places", async () => {
    const inner = manualTransport();
    const transport = withBulkhead(inner, { callsInFlight: 1, callsWaiting: 0 });
    const hung = transport.send("vms", query("{ a }"), contextOf("1"), never());
    await expect(transport.send("vms", query("{ a }"), contextOf("1"), never())).rejects.toThrow("are waiting");
    const other = transport.send("auth", query("{ a }"), contextOf("1"), never());
    inner.calls[1]?.answer({ data: {} });
    await other;
    inner.calls[0]?.answer({ data: {} });
    await hung;
  });

  it("keeps its limits, serves in order, and settles every caller, in any sequence of calls", async () => {
    const step = fc.oneof(
      fc.constant({ does: "enter" as const, who: 0 }),
      fc.record({ does: fc.constant("leave" as const), who: fc.nat({ max: 5 }) }),
      fc.record({ does: fc.constant("give up" as const), who: fc.nat({ max: 5 }) }),
      fc.constant({ does: "let other tasks run" as const, who: 0 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const bulkhead = new Bulkhead({ callsInFlight: 2, callsWaiting: 3 });
        let inside: number[] = [];
        let waiting: { number: number; abort: AbortController }[] = [];
        const settled: string[] = [];
        const served: number[] = [];
        let count = 0;
        const enter = async () => {
          const number = (count += 1);
          const caller = { number, abort: new AbortController() };
          waiting.push(caller);
          try {
            await bulkhead.enter(caller.abort.signal);
            served.push(number);
            inside.push(number);
          } catch {
            settled.push(`${number} out`);
          }
          waiting = waiting.filter((other) => other !== caller);
          expect(inside.length).toBeLessThanOrEqual(2);
        };
        const leave = (who: number) => {
          const number = inside[who % Math.max(inside.length, 1)];
          if (number === undefined) return;
          inside = inside.filter((other) => other !== number);
          settled.push(`${number} served`);
          bulkhead.leave();
        };
        const entered: Promise<void>[] = [];
        for (const { does, who } of steps) {
          if (does === "enter") entered.push(enter());
          if (does === "leave") leave(who);
          if (does === "give up") waiting[who % Math.max(waiting.length, 1)]?.abort.abort(new Error("gone"));
          if (does === "let other tasks run") await turn();
        }
        for (let round = 0; round < count; round += 1) {
          await turn();
          leave(0);
        }
        await Promise.all(entered);
        while (inside.length > 0) leave(0);
        expect(settled.map((each) => Number(each.split(" ")[0])).toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: count }, (_, index) => index + 1),
        );
        expect(served).toEqual(served.toSorted((a, b) => a - b));
      }),
      { numRuns: 300 },
    );
  });
});
