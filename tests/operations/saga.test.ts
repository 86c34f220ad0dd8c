import { expect, it } from "vitest";
import { startKills } from "./kills.ts";
import { runSaga, sagaCourses, sagaWorld } from "./saga-world.ts";

it("case L1: a saga whose step took effect and never got a response, or whose process dies, leaves nothing behind in five databases", async () => {
  const world = await sagaWorld();
  const kills = await startKills(world.fixture, { calleeUrl: world.callee.url });
  await kills.killAt(sagaCourses(world).works, ["move took effect"]);
  world.callee.loseResponses("note", "apply", 5);
  const { error, steps } = await runSaga(world, {}, "compensated");
  expect(error).toMatchObject({ code: "STEP_FAILED", step: "note" });
  expect(steps.at(-1)).toMatchObject({ name: "note", state: "undone", attempts: 5, undoAttempts: 1 });
  expect(await world.audit()).toEqual([]);
});
