import { expect, it } from "vitest";
import { killWriters } from "./killed-writers.ts";

it("an event is in the outbox if and only if its change is committed, however often writers are killed between the two", async () => {
  // At least half of the writers must be killed between the two; otherwise the test proves nothing.
  expect(await killWriters(30)).toBeGreaterThanOrEqual(30);
});
