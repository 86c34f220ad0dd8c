import { expect, it } from "vitest";
import { abandonOperation } from "#db/operations/requests.ts";
import type { Planted } from "./saga-callee.ts";
import { runSaga, sagaWorld } from "./saga-world.ts";

it("an effect and an undo whose responses are lost are attempted again, and happen once", async () => {
  const world = await sagaWorld();
  for (const what of ["apply", "undo"] as const) world.callee.loseResponses("watch", what, 2);
  const { steps } = await runSaga(world, { failAt: "note" }, "compensated");
  expect(steps.find(({ name }) => name === "watch")).toMatchObject({ attempts: 3, undoAttempts: 3 });
  expect(await world.audit()).toEqual([]);
});

it("case L6: a saga whose undo never works is parked, and lists by id what it leaves in five databases before it is abandoned", async () => {
  const world = await sagaWorld();
  const { id, left } = await runSaga(world, { failAt: "note", stuckAt: "note" }, "parked");
  expect(left?.map(({ step }) => step)).toEqual(["claim", "start", "watch", "move", "place", "note"]);
  // The step that failed took effect without a result: only its name is known.
  for (const { step, result } of left ?? [])
    expect(result).toEqual(step === "note" ? null : { id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string });
  expect(await world.audit()).toEqual([]);
  const abandon = (consent: boolean) =>
    world.fixture.service.write(world.fixture.scope, (tx) => abandonOperation(tx, id, { consent }));
  expect(await abandon(false)).toEqual({ outcome: "consent required", leftBehind: left });
  expect(await abandon(true)).toEqual({ outcome: "abandoned", leftBehind: left });
});

it.each<[Planted, RegExp]>([
  ["leak", / was left behind$/],
  ["hidden leak", / is stored 1 times$/],
  ["double effect", / was applied 3 times$/],
  ["double effect", / is stored 3 times$/],
])("the audit of a saga finds a planted %s: %s", async (planted, found) => {
  const world = await sagaWorld(planted);
  world.callee.loseResponses("watch", "apply", 2);
  const isLeak = planted !== "double effect";
  await runSaga(world, isLeak ? { failAt: "note" } : {}, isLeak ? "compensated" : "done");
  expect((await world.audit()).filter((each) => found.test(each)).length).toBeGreaterThan(0);
});
