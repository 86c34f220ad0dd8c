import { readFileSync } from "node:fs";
import { parse } from "graphql";
import { afterAll, expect, it, onTestFinished } from "vitest";
import { type Operation, operationOf } from "#gateway/operation.ts";
import { plannerHere } from "#gateway/planning/planner.ts";
import { PlannerThread } from "#gateway/planning/planner-thread.ts";
import { asset } from "#lib/assets.ts";
import { bundle } from "#tests/harness/bundles.ts";
import { productSupergraph } from "#tests/harness/supergraph.ts";

const { sdl, planned } = productSupergraph();
const operation = (document: string): Operation => {
  const found = operationOf(parse(document), undefined);
  if (!found) throw new Error("The document has no operation.");
  return found;
};
const oneRequestText = readFileSync(asset("docs/one-request.graphql"), "utf8");
const oneRequest = operation(oneRequestText);
/** Returns the one request as often as this in one operation. */
const repeated = (times: number): Operation =>
  operation(
    oneRequestText.replace(/(?<=\{\n)([^]*)(?=\n\})/, (page) =>
      Array.from({ length: times }, (_, at) => `page${at}: ${page.trim()}`).join("\n"),
    ),
  );
/** Its plan takes longer than any test allows. */
const manyRequests = repeated(150);
const nothing = operation("{ __typename }");

/** It starts in a fifth of the time that the sources take. */
const entry = bundle("gateway/planning/plan-worker.ts");
/** Has as much time for a plan as it takes. */
const thread = new PlannerThread(sdl, 60_000, entry);
afterAll(() => thread.stop());

/** Starts another thread for one test. */
function threadOver(supergraphSdl: string, planMs: number): PlannerThread {
  const other = new PlannerThread(supergraphSdl, planMs, entry);
  onTestFinished(() => other.stop());
  return other;
}

it("a separate thread makes the same plan as this one", async () => {
  const plans = await Promise.all([thread.plan(oneRequest), thread.plan(nothing)]);
  const here = plannerHere(planned);
  expect(plans).toEqual(JSON.parse(JSON.stringify([await here.plan(oneRequest), await here.plan(nothing)])));
});

it("this thread continues while a plan is made", async () => {
  let turns = 0;
  const turning = setInterval(() => (turns += 1), 1);
  await thread.plan(repeated(5));
  clearInterval(turning);
  expect(turns).toBeGreaterThan(5);
});

it("attack 12: a plan that takes too long is abandoned, and the operations behind it are planned", async () => {
  const hurried = threadOver(sdl, 200);
  const outcomes = await Promise.allSettled([manyRequests, nothing, manyRequests].map((each) => hurried.plan(each)));
  expect(outcomes.map((outcome) => (outcome.status === "rejected" ? outcome.reason.code : "planned"))).toEqual([
    "PLAN_LIMIT_EXCEEDED",
    "planned",
    "PLAN_LIMIT_EXCEEDED",
  ]);
});

it("fault 28: beyond 512 operations at once, the rest are refused, and the queue does not keep them", async () => {
  const outcomes = await Promise.allSettled(Array.from({ length: 520 }, () => thread.plan(nothing)));
  const refused = outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason.code);
  expect(refused).toEqual([
    ...Array.from({ length: 512 }, () => false),
    ...Array.from({ length: 8 }, () => "OVERLOADED"),
  ]);
  await thread.plan(nothing);
});

it("an invalid supergraph fails each plan", async () => {
  const invalid = threadOver("type Query", 60_000);
  await expect(invalid.plan(nothing)).rejects.toThrow(/supergraph/i);
  await expect(invalid.plan(nothing)).rejects.toThrow(/supergraph/i);
});
