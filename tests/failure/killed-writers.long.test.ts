import { expect, it } from "vitest";
import { killWriters } from "./killed-writers.ts";

it("an event is in the outbox if and only if its change is committed, however often writers are killed in the middle of both", async () => {
  // Half of them at least between the two: otherwise nothing was tried.
  expect(await killWriters(30)).toBeGreaterThanOrEqual(30);
});
