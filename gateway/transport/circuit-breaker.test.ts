import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { transportWith, contextOf, never, query } from "#tests/gateway/transport/manual-transport.ts";
import { CallFailure } from "./call-failure.ts";
import { CircuitBreaker, withCircuitBreaker } from "./circuit-breaker.ts";
import { transportLimits } from "./limits.ts";
import type { BreakerState } from "./observer.ts";

const limits = { failuresToOpen: 3, firstProbeMs: 250, longestProbeMs: 1_000 };

function breakerAt(time: { now: number }) {
  const states: BreakerState[] = [];
  const breaker = new CircuitBreaker(
    limits,
    (state) => states.push(state),
    () => time.now,
  );
  const admitted = () => {
    const call = breaker.admit();
    if (call === undefined) throw new Error("The call was not admitted.");
    return call;
  };
  return { breaker, states, admitted };
}

/** Open since `time.now`. */
function openedAt(time: { now: number }) {
  const made = breakerAt(time);
  for (let call = 0; call < 3; call += 1) made.breaker.failed(made.admitted());
  return made;
}

describe("a circuit breaker", () => {
  it("opens at the third consecutive call without a response, and not when a response came between them", () => {
    const { breaker, states, admitted } = breakerAt({ now: 0 });
    for (let round = 0; round < 5; round += 1) {
      breaker.failed(admitted());
      breaker.failed(admitted());
      breaker.answered();
    }
    expect(states).toEqual([]);
    for (let call = 0; call < 3; call += 1) breaker.failed(admitted());
    expect(states).toEqual(["open"]);
    expect(breaker.admit()).toBeUndefined();
  });

  it("admits one call per pause while it is open, and the pauses grow to a second", () => {
    const time = { now: 0 };
    const { breaker, admitted } = openedAt(time);
    const probes: number[] = [];
    for (; time.now <= 4_000; time.now += 1) {
      if (breaker.admit() === undefined) continue;
      probes.push(time.now);
      breaker.failed(0);
    }
    expect(probes).toEqual([250, 750, 1_750, 2_750, 3_750]);
    expect(admitted).toThrow("not admitted");
  });

  it("closes at the first response, and then tolerates as many failures as before", () => {
    const time = { now: 0 };
    const { breaker, states, admitted } = openedAt(time);
    time.now = 250;
    admitted();
    breaker.answered();
    breaker.failed(admitted());
    breaker.failed(admitted());
    expect(states).toEqual(["open", "half-open", "closed"]);
    expect(breaker.admit()).toBeDefined();
  });

  it("does not wait for a probe: one that hangs is followed by another", () => {
    const time = { now: 0 };
    const { breaker, admitted } = openedAt(time);
    time.now = 250;
    admitted();
    expect(breaker.admit()).toBeUndefined();
    time.now = 750;
    admitted();
    breaker.answered();
    expect(breaker.admit()).toBeDefined();
  });

  it("is not opened by calls that were sent before it last closed", () => {
    const time = { now: 0 };
    const { breaker, states, admitted } = breakerAt(time);
    const calls = Array.from({ length: 10 }, admitted);
    for (const call of calls.slice(0, 3)) breaker.failed(call);
    time.now = 250;
    admitted();
    breaker.answered();
    for (const call of calls.slice(3)) breaker.failed(call);
    expect(states).toEqual(["open", "half-open", "closed"]);
  });

  it("never admits two calls within the first pause while there is no response, in any sequence of events", () => {
    const event = fc.oneof(fc.constant("ask" as const), fc.constant("fail" as const), fc.integer({ min: 1, max: 400 }));
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        const time = { now: 0 };
        const { breaker } = openedAt(time);
        let last = 0;
        for (const what of events) {
          if (typeof what === "number") time.now += what;
          else if (what === "fail") breaker.failed(0);
          else if (breaker.admit() !== undefined) {
            expect(time.now - last).toBeGreaterThanOrEqual(limits.firstProbeMs);
            last = time.now;
          } else expect(time.now - last).toBeLessThan(limits.longestProbeMs);
        }
      }),
    );
  });
});

describe("a subgraph", () => {
  const outcomes: [string, unknown, boolean][] = [
    ["cannot be reached", new CallFailure("unreachable", ""), true],
    ["does not respond in time", new CallFailure("timed out", ""), true],
    ["sends an invalid response", new CallFailure("unusable", ""), false],
    ["is called with too little time", new CallFailure("out of time", ""), false],
    ["has too many callers", new CallFailure("overloaded", ""), false],
    ["is abandoned by its callers", new DOMException("gone", "AbortError"), false],
    ["is called in a way that breaks the transport", new Error("a context too large to sign"), false],
  ];
  it.each(outcomes)(
    "that %s is not called after three calls if that indicates a failure of the subgraph",
    async (_, error, opens) => {
      let calls = 0;
      const states: string[] = [];
      const inner = transportWith(async () => {
        calls += 1;
        throw error;
      });
      const transport = withCircuitBreaker(
        inner,
        { ...limits, firstProbeMs: 60_000, longestProbeMs: 60_000 },
        {
          onBreakerChange: (subgraph, state) => states.push(`${subgraph} ${state}`),
        },
      );
      const ask = () => transport.send("vms", query("{ a }"), contextOf("1"), never());
      for (let call = 0; call < 3; call += 1) await expect(ask()).rejects.toBe(error);
      if (opens) await expect(ask()).rejects.toMatchObject({ kind: "breaker open" });
      else await expect(ask()).rejects.toBe(error);
      expect(calls).toBe(opens ? 3 : 4);
      expect(states).toEqual(opens ? ["vms open"] : []);
    },
  );

  it("that does not respond does not affect another", async () => {
    const inner = transportWith(async (subgraph) => {
      if (subgraph === "vms") throw new CallFailure("unreachable", "no connection");
      return { data: {} };
    });
    const transport = withCircuitBreaker(inner, transportLimits, {});
    for (let call = 0; call < 5; call += 1)
      await expect(transport.send("vms", query("{ a }"), contextOf("1"), never())).rejects.toThrow(
        call < 3 ? "no connection" : "did not answer other calls",
      );
    await expect(transport.send("auth", query("{ a }"), contextOf("1"), never())).resolves.toEqual({ data: {} });
  });
});
