import { expect, it } from "vitest";
import { repeat } from "./periodic-job.ts";

it("a job is repeated after a round that failed, and ends with the round in which the signal came", async () => {
  const stopping = new AbortController();
  const rounds: number[] = [];
  const run = async () => {
    rounds.push(rounds.length + 1);
    if (rounds.length === 2) throw new Error("the second round fails");
    if (rounds.length === 3) stopping.abort();
  };
  await repeat({ name: "test", everyMs: 1, run }, stopping.signal);
  expect(rounds).toEqual([1, 2, 3]);
});

it("a job that is stopped before it begins has no round", async () => {
  let rounds = 0;
  await repeat({ name: "test", everyMs: 1, run: async () => (rounds += 1) }, AbortSignal.abort());
  expect(rounds).toBe(0);
});
