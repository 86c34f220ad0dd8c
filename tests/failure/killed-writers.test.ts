import { it } from "vitest";
import { killWriters } from "./killed-writers.ts";

it("an event is in the outbox if and only if its change is committed, when writers are killed in the middle of both", async () => {
  await killWriters(3);
});
