import { describe, expect, it } from "vitest";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { createSchedulingPolicy, updateSchedulingPolicy } from "#subgraphs/scheduler/policies/policies.ts";
import { newCall, placementFixture, tenantId } from "./fixture.ts";

const world = placementFixture();
const request: RequestContext = {
  identity: { kind: "service", id: "jobs", tenantId, permissions: [] },
  requestId: "request",
  deadline: Date.now() + 60_000,
};
const create = (rules: unknown, more: object = {}) =>
  createSchedulingPolicy(world, request, { name: crypto.randomUUID(), rules, ...more });
const required = (value: string) => ({ type: "requireLabels", labels: [{ key: "disk", values: [value] }] });

describe("a placement policy", () => {
  it("is refused with every problem of its rules and its name at once, each with its field", async () => {
    const outcome = await create(
      [
        { type: "spread", scope: "shelf", tags: {}, maxSkew: 1.5 },
        { type: "unknown" },
        { ...required("ssd"), more: 1 },
      ],
      { name: "" },
    );
    expect(outcome).toMatchObject({ kind: "refused" });
    const errors = outcome.kind === "refused" ? outcome.userErrors : [];
    expect(errors.map(({ code, field }) => `${code} ${field?.join(".")}`)).toEqual([
      "NAME_INVALID name",
      "RULES_INVALID rules.0.scope",
      "RULES_INVALID rules.0.tags",
      "RULES_INVALID rules.0.maxSkew",
      "RULES_INVALID rules.1.type",
      "RULES_INVALID rules.2",
    ]);
  });

  it.each<[string, unknown]>([
    ["no list", {}],
    ["more than 64 rules", Array.from({ length: 65 }, () => required("ssd"))],
    [
      "more than 64 KiB",
      [
        {
          type: "requireLabels",
          labels: Array.from({ length: 64 }, (_, n) => ({
            key: `${n}`,
            values: Array.from({ length: 9 }, () => "x".repeat(200)),
          })),
        },
      ],
    ],
    ["rules that contradict each other", [required("ssd"), required("hdd")]],
    ["a label that is required and forbidden", [required("ssd"), { type: "forbidLabels", labels: [{ key: "disk" }] }]],
    [
      "affinity and anti-affinity to the same VMs",
      [
        { type: "affinity", scope: "host", tags: { app: "web" } },
        { type: "antiAffinity", scope: "zone", tags: { app: "web" } },
      ],
    ],
    ["a text that no database holds", [required("\u0000")]],
    ["appliesTo without a tag", [{ ...required("ssd"), appliesTo: {} }]],
  ])("is refused with %s", async (_what, rules) => {
    expect(await create(rules)).toMatchObject({ kind: "refused", userErrors: [{ code: "RULES_INVALID" }] });
  });

  it("may have rules that would contradict each other, for different VMs", async () => {
    const of = (app: string) => ({ appliesTo: { app } });
    expect(
      await create([
        { ...required("ssd"), ...of("db") },
        { ...required("hdd"), ...of("web") },
      ]),
    ).toMatchObject({ kind: "done" });
  });

  it("applies from its creation, and as it is after each change", async () => {
    await world.nodes({ id: "fast", labels: { disk: "ssd" } }, { id: "slow", labels: { disk: "hdd" } });
    const nameOf = async () => (await world.reserve(newCall())).data?.nodeName;
    const outcome = await create([required("hdd")]);
    const id = outcome.kind === "done" ? outcome.value.schedulingPolicy.id : "";
    expect(await nameOf()).toBe("slow");
    await updateSchedulingPolicy(world, request, { id, rules: [required("ssd")], expectedVersion: 1 });
    expect(await nameOf()).toBe("fast");
  });
});
