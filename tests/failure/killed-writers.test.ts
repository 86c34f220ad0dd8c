import { expect, it } from "vitest";
import { killWriters } from "./killed-writers.ts";

it("an event is in the outbox if and only if its change is committed, when writers are killed between the two", async () => {
  // At least one of each kind of writer must be killed between the two; otherwise the test proves nothing.
  expect(await killWriters(3)).toBeGreaterThanOrEqual(2);
});
