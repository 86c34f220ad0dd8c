import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { manualTransport, contextOf, mutation, never, query } from "#tests/gateway/transport/manual-transport.ts";
import { withDeduplication } from "./deduplication.ts";
import type { CallRequest } from "./transport.ts";

const forever = { sharedMs: Infinity };
const alike = contextOf("1", Date.now() + 60_000);

/** Returns how many calls reach the subgraph when both are in flight at once. */
async function callsOf(first: [string, CallRequest, RequestContext], second: [string, CallRequest, RequestContext]) {
  const inner = manualTransport();
  const transport = withDeduplication(inner, forever, {});
  const both = [first, second].map((call) => transport.send(...call, never()));
  for (const { answer } of inner.calls) answer({ data: {} });
  await Promise.all(both);
  return inner.calls.length;
}

describe("two calls in flight at the same time", () => {
  it("are one when they are equal, even if they belong to different requests", async () => {
    const request = query("{ a }", { of: ["x", { y: 1 }] });
    const again = { ...alike, requestId: "another", deadline: alike.deadline + 10 };
    expect(await callsOf(["vms", request, alike], ["vms", structuredClone(request), structuredClone(again)])).toBe(1);
  });

  const { identity } = alike;
  const others: [string, Partial<RequestContext>][] = [
    ["user", { identity: { ...identity, id: "2" } }],
    ["kind", { identity: { ...identity, kind: "anonymous" } }],
    ["tenant", { identity: { ...identity, tenantId: "0197a000-0002-7000-8000-000000000002" } }],
    ["own tenant", { identity: { ...identity, userTenantId: "0197a000-0002-7000-8000-000000000002" } }],
    ["permission", { identity: { ...identity, permissions: ["vm:read", "vm:update"] } }],
    ["name", { identity: { ...identity, name: "somebody" } }],
    ["credential", { identity: { ...identity, credential: { kind: "session", id: "1" } } }],
    ["address", { client: { ipAddress: "10.0.0.1" } }],
    ["browser", { client: { userAgent: "another" } }],
    ["property that is added later", { region: "north" } as Partial<RequestContext>],
  ];
  it.each(others)("are two when the caller has another %s", async (_what, difference) => {
    expect(await callsOf(["vms", query("{ a }"), alike], ["vms", query("{ a }"), { ...alike, ...difference }])).toBe(2);
  });

  it("are two when subgraph, query or variables differ", async () => {
    const request = query("{ a }", { of: { x: [1, 2] } });
    expect(await callsOf(["vms", request, alike], ["auth", request, alike])).toBe(2);
    expect(await callsOf(["vms", request, alike], ["vms", query("{ b }", { of: { x: [1, 2] } }), alike])).toBe(2);
    expect(await callsOf(["vms", request, alike], ["vms", query("{ a }", { of: { x: [2, 1] } }), alike])).toBe(2);
  });

  it("are two when they are mutations, or from a service", async () => {
    expect(await callsOf(["vms", mutation("mutation { a }"), alike], ["vms", mutation("mutation { a }"), alike])).toBe(
      2,
    );
    const service: RequestContext = { ...alike, identity: { ...identity, kind: "service" } };
    expect(await callsOf(["vms", query("{ a }"), service], ["vms", query("{ a }"), service])).toBe(2);
  });

  it("are two when the first has much less time than the second", async () => {
    const hurried = { ...alike, deadline: Date.now() + 1_000 };
    expect(await callsOf(["vms", query("{ a }"), hurried], ["vms", query("{ a }"), alike])).toBe(2);
    expect(await callsOf(["vms", query("{ a }"), alike], ["vms", query("{ a }"), hurried])).toBe(1);
  });

  it("are two when the first is too old", async () => {
    const inner = manualTransport();
    const transport = withDeduplication(inner, { sharedMs: 0 }, {});
    void transport.send("vms", query("{ a }"), alike, never());
    void transport.send("vms", query("{ a }"), alike, never());
    expect(inner.calls).toHaveLength(2);
  });

  it.each(["answered", "failed", "abandoned"])("are two when a mutation was %s between them", async (end) => {
    const inner = manualTransport();
    const transport = withDeduplication(inner, forever, {});
    const caller = new AbortController();
    const read = transport.send("monitoring", query("{ a }"), alike, never());
    const write = transport.send("vms", mutation("mutation { a }"), contextOf("2"), caller.signal);
    if (end === "answered") inner.calls[1]?.answer({ data: {} });
    if (end === "failed") inner.calls[1]?.fail(new Error("broken"));
    if (end === "abandoned") caller.abort(new Error("gone"));
    await Promise.allSettled([write]);
    const readAgain = transport.send("monitoring", query("{ a }"), alike, never());
    inner.calls[0]?.answer({ data: { a: "before" } });
    inner.calls[2]?.answer({ data: { a: "after" } });
    expect(await Promise.all([read, readAgain])).toEqual([{ data: { a: "before" } }, { data: { a: "after" } }]);
  });
});

describe("a shared answer", () => {
  it("can be changed by each caller without effect on the others", async () => {
    const inner = manualTransport();
    const transport = withDeduplication(inner, forever, {});
    const calls = [1, 2, 3].map(() => transport.send("vms", query("{ a }"), alike, never()));
    const answer = '{"__proto__": {"x": 1}, "list": [{"name": "one"}, null]}';
    inner.calls[0]?.answer({ data: JSON.parse(answer) as Record<string, unknown> });
    for (const { data } of await Promise.all(calls)) {
      expect(JSON.stringify(data)).toBe(JSON.stringify(JSON.parse(answer)));
      const list = data?.["list"] as { name: string }[];
      Object.assign(list[0] ?? {}, { name: "changed" });
      list.pop();
    }
  });
});

type Step = { does: "call"; what: number } | { does: "leave" | "answer" | "fail"; who: number } | { does: "write" };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant("call" as const), what: fc.nat({ max: 1 }) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom("leave" as const), who: fc.nat({ max: 20 }) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom("answer" as const, "fail"), who: fc.nat({ max: 20 }) }) },
  fc.constant({ does: "write" as const }),
);

const turn = () => new Promise((resolve) => setImmediate(resolve));

interface Caller {
  abort: AbortController;
  /** The number of the call that this caller shares or has begun. */
  call: number;
  /** One entry for each time that a call settled. */
  outcomes: unknown[];
}

/** Plays the steps and then answers the open calls; returns all callers, and for every call whether it was aborted. */
async function play(steps: readonly Step[]) {
  const inner = manualTransport();
  const transport = withDeduplication(inner, forever, {});
  const callers: Caller[] = [];
  const ended = new Set<number>();
  /** By query: the call that the next caller should share, unless it has ended or all callers have left it. */
  let newest: (number | undefined)[] = [];
  for (const current of steps) {
    if (current.does === "call") {
      const there = newest[current.what];
      const isShared = there !== undefined && !ended.has(there) && inner.calls[there]?.signal.aborted === false;
      const call = isShared ? there : inner.calls.length;
      const before = inner.calls.length;
      const caller: Caller = { abort: new AbortController(), call, outcomes: [] };
      callers.push(caller);
      transport.send("vms", query(`{ q${current.what} }`), alike, caller.abort.signal).then(
        ({ data }) => caller.outcomes.push(data?.["call"]),
        (error: unknown) => caller.outcomes.push(error),
      );
      expect(inner.calls).toHaveLength(isShared ? before : before + 1);
      newest[current.what] = call;
    } else if (current.does === "write") {
      ended.add(inner.calls.length);
      const write = transport.send("vms", mutation("mutation { a }"), alike, never());
      inner.calls.at(-1)?.answer({ data: {} });
      await write;
      newest = [];
    } else if (current.does === "leave") callers[current.who]?.abort.abort("left");
    else {
      const call = inner.calls[current.who];
      if (!call) continue;
      if (current.does === "answer") call.answer({ data: { call: current.who } });
      else call.fail(current.who);
      ended.add(current.who);
      await turn();
    }
  }
  for (const [number, call] of inner.calls.entries()) call.answer({ data: { call: number } });
  await turn();
  return { callers, aborted: inner.calls.map(({ signal }) => signal.aborted) };
}

it("each caller has one outcome and no query is sent twice at once, whatever callers, subgraph and writers do", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { callers, aborted } = await play(steps);
      for (const { abort, call, outcomes } of callers) {
        expect(outcomes).toHaveLength(1);
        if (outcomes[0] === "left") expect(abort.signal.aborted).toBe(true);
        else expect(outcomes[0]).toBe(call);
      }
      for (const [number, isAborted] of aborted.entries()) {
        const waiting = callers.filter(({ call, outcomes }) => call === number && outcomes[0] !== "left");
        if (isAborted) expect(waiting).toEqual([]);
      }
    }),
    { numRuns: 1_000 },
  );
});
