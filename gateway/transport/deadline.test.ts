import { describe, expect, it } from "vitest";
import { manualTransport, contextOf, never, query } from "#tests/gateway/transport/manual-transport.ts";
import { withDeadline } from "./deadline.ts";
import { guarded } from "./guarded.ts";

describe("a deadline", () => {
  it("is sent to the subgraph: the request's, limited to the time that a call may take", async () => {
    const inner = manualTransport();
    const transport = withDeadline(inner, { callTimeoutMs: 1_000 });
    const now = Date.now();
    const calls = [now + 500, now + 60_000].map((deadline) =>
      transport.send("vms", query("{ a }"), contextOf("1", deadline), never()),
    );
    for (const call of inner.calls) call.answer({ data: {} });
    await Promise.all(calls);
    const [short, long] = inner.calls.map(({ context }) => context.deadline);
    expect(Math.abs((short ?? 0) - now - 500)).toBeLessThan(100);
    expect((long ?? 0) - now).toBeGreaterThanOrEqual(1_000);
    expect((long ?? 0) - now).toBeLessThan(2_000);
  });

  it("that has passed starts no call", async () => {
    const inner = manualTransport();
    const transport = guarded(inner);
    const call = transport.send("vms", query("{ a }"), contextOf("1", Date.now() - 1), never());
    await expect(call).rejects.toMatchObject({ code: "SUBGRAPH_TIMEOUT", details: { subgraph: "vms" } });
    expect(inner.calls).toEqual([]);
  });

  it("ends a call that never returns, frees its place, and distinguishes a slow subgraph from a hurried request", async () => {
    const inner = manualTransport();
    const outcomes: string[] = [];
    const transport = guarded(
      inner,
      { callTimeoutMs: 100, callsInFlight: 1, callsWaiting: 0 },
      { onCall: ({ outcome }) => outcomes.push(outcome) },
    );
    const send = (patienceMs: number) =>
      transport.send("vms", query("{ a }"), contextOf("1", Date.now() + patienceMs), never());
    await expect(send(60_000)).rejects.toMatchObject({ code: "SUBGRAPH_TIMEOUT" });
    await expect(send(20)).rejects.toMatchObject({ code: "SUBGRAPH_TIMEOUT" });
    expect(outcomes).toEqual(["timed out", "out of time"]);
    expect(inner.calls.map(({ signal }) => signal.aborted)).toEqual([true, true]);
  });

  it("does not delay a caller that leaves", async () => {
    const inner = manualTransport();
    const outcomes: string[] = [];
    const transport = guarded(inner, {}, { onCall: ({ outcome }) => outcomes.push(outcome) });
    const caller = new AbortController();
    const call = transport.send("vms", query("{ a }"), contextOf("1"), caller.signal);
    caller.abort(new Error("gone"));
    await expect(call).rejects.toMatchObject({ code: "SUBGRAPH_UNAVAILABLE" });
    expect(outcomes).toEqual(["abandoned"]);
    expect(inner.calls[0]?.signal.aborted).toBe(true);
  });
});
