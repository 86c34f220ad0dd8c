import { describe, expect, it } from "vitest";
import { transportWith, contextOf, mutation, never, query } from "#tests/gateway/transport/manual-transport.ts";
import { CallFailure, type FailureKind } from "./call-failure.ts";
import { transportLimits } from "./limits.ts";
import { RetryBudget, withRetry } from "./retry.ts";
import type { CallRequest } from "./transport.ts";

const limits = { ...transportLimits, shortestRetryPauseMs: 0, longestRetryPauseMs: 1 };

/** Returns how often a call is sent that fails first with this error, and its outcome. */
async function sent(failure: unknown, request: CallRequest, deadline = Date.now() + 60_000, signal = never()) {
  let times = 0;
  const inner = transportWith(async () => {
    times += 1;
    if (times === 1) throw failure;
    return { data: { answered: times } };
  });
  const [outcome] = await Promise.allSettled([
    withRetry(inner, limits, {}).send("vms", request, contextOf("1", deadline), signal),
  ]);
  return { times, answered: outcome.status === "fulfilled" };
}

describe("a call without a response", () => {
  it("is retried once when it is a query", async () => {
    expect(await sent(new CallFailure("unreachable", ""), query("{ a }"))).toEqual({ times: 2, answered: true });
  });

  it("is sent once when it is a mutation", async () => {
    expect(await sent(new CallFailure("unreachable", ""), mutation("mutation { a }"))).toEqual({
      times: 1,
      answered: false,
    });
  });

  it("is not retried when its deadline would pass before, or its caller has left", async () => {
    const unreachable = new CallFailure("unreachable", "");
    expect((await sent(unreachable, query("{ a }"), Date.now())).times).toBe(1);
    expect((await sent(unreachable, query("{ a }"), undefined, AbortSignal.abort(new Error("gone")))).times).toBe(1);
  });

  it.each<FailureKind>(["unusable", "timed out", "out of time", "breaker open", "overloaded"])(
    "is not retried when it is %s: another attempt would fail the same way, or make it worse",
    async (kind) => {
      expect((await sent(new CallFailure(kind, ""), query("{ a }"))).times).toBe(1);
    },
  );
});

it("a budget allows retries of a share of all calls, and after quiet times at most its burst at once", () => {
  const budget = new RetryBudget({ retryShare: 0.125, retryBurst: 4 });
  for (let call = 0; call < 1_000; call += 1) budget.earn();
  let spent = 0;
  while (budget.spend()) spent += 1;
  expect(spent).toBe(4);
  for (let call = 0; call < 800; call += 1) {
    budget.earn();
    if (budget.spend()) spent += 1;
  }
  expect(spent).toBe(104);
});
