import { expect, it } from "vitest";
import { killWriters } from "./killed-writers.ts";

it("an event is in the outbox if and only if its change is committed, when writers are killed in the middle of both", async () => {
  // At least one of each writer between the two: otherwise nothing was tried.
  expect(await killWriters(3)).toBeGreaterThanOrEqual(2);
});
