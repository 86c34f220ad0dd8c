import { readFileSync } from "node:fs";
import { parse } from "graphql";
import { afterEach, expect, it } from "vitest";
import { type Operation, operationOf } from "#gateway/operation.ts";
import { plannerHere } from "#gateway/planning/planner.ts";
import { PlannerThread } from "#gateway/planning/planner-thread.ts";
import { asset } from "#lib/assets.ts";
import { productSupergraph } from "#tests/harness/supergraph.ts";

const { sdl, planned } = productSupergraph();
const operation = (document: string): Operation => {
  const found = operationOf(parse(document), undefined);
  if (!found) throw new Error("The document has no operation.");
  return found;
};
const oneRequestText = readFileSync(asset("docs/one-request.graphql"), "utf8");
const oneRequest = operation(oneRequestText);
/** Repeats the one request so often in one operation that its plan takes longer than any test allows. */
const manyRequests = operation(
  oneRequestText.replace(/(?<=\{\n)([^]*)(?=\n\})/, (page) =>
    Array.from({ length: 150 }, (_, at) => `page${at}: ${page.trim()}`).join("\n"),
  ),
);
const nothing = operation("{ __typename }");

let thread: PlannerThread;
afterEach(() => thread.stop());

it("a separate thread makes the same plan as this one", async () => {
  thread = new PlannerThread(sdl, 60_000);
  const plans = await Promise.all([thread.plan(oneRequest), thread.plan(nothing)]);
  const here = plannerHere(planned);
  expect(plans).toEqual(JSON.parse(JSON.stringify([await here.plan(oneRequest), await here.plan(nothing)])));
});

it("this thread continues while a plan is made", async () => {
  thread = new PlannerThread(sdl, 60_000);
  let turns = 0;
  const turning = setInterval(() => (turns += 1), 1);
  await thread.plan(oneRequest);
  clearInterval(turning);
  expect(turns).toBeGreaterThan(5);
});

it("attack 12: a plan that takes too long is abandoned, and the operations behind it are planned", async () => {
  thread = new PlannerThread(sdl, 200);
  const outcomes = await Promise.allSettled([manyRequests, nothing, manyRequests].map((each) => thread.plan(each)));
  expect(outcomes.map((outcome) => (outcome.status === "rejected" ? outcome.reason.code : "planned"))).toEqual([
    "PLAN_LIMIT_EXCEEDED",
    "planned",
    "PLAN_LIMIT_EXCEEDED",
  ]);
});

it("fault 28: beyond 512 operations at once, the rest are refused, and the queue does not keep them", async () => {
  thread = new PlannerThread(sdl, 60_000);
  const outcomes = await Promise.allSettled(Array.from({ length: 520 }, () => thread.plan(nothing)));
  const refused = outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason.code);
  expect(refused).toEqual([
    ...Array.from({ length: 512 }, () => false),
    ...Array.from({ length: 8 }, () => "OVERLOADED"),
  ]);
  await thread.plan(nothing);
});

it("an invalid supergraph fails each plan", async () => {
  thread = new PlannerThread("type Query", 60_000);
  await expect(thread.plan(nothing)).rejects.toThrow(/supergraph/i);
  await expect(thread.plan(nothing)).rejects.toThrow(/supergraph/i);
});
