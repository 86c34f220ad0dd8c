import { describe, expect, it } from "vitest";
import { type Call, newCall, nodeId, placementFixture, roomFor, tenantId } from "./fixture.ts";

const world = placementFixture();
const web = { app: "web" };
const apart = [{ type: "antiAffinity", scope: "host", tags: web }];
const next = ({ vmId }: Call): Call => newCall({ vmId });

/** Adds a placement policy of the tenant. */
const policy = (rules: unknown, priority = 0) => world.owner`
  insert into scheduling_policies (name, tenant_id, policy_type, priority, rules)
  values (${crypto.randomUUID()}, ${tenantId}, 'placement', ${priority}, ${world.owner.json(rules as never)})`;

/** Reserves and activates a VM with tags. */
async function create(tags: object, more: object = {}): Promise<Call & { nodeName: string | undefined }> {
  const call = newCall();
  const { data } = await world.reserve(call, { tags, ...more });
  if (data) await world.send("activateAllocation", { ...call, token: 2, nodeId: data.nodeId });
  return { ...call, nodeName: data?.nodeName };
}

/** Gives a VM tags in the projection, as the event log does. */
const projectTags = ({ vmId }: Call, tags: Record<string, string>) => world.owner`
  insert into projected_vms (id, tenant_id, name, state, tags, version) values (${vmId}, ${tenantId}, 'vm', 'stopped', ${world.owner.json(tags)}, 1)
  on conflict (id) do update set tags = excluded.tags`;

describe("anti-affinity", () => {
  it.each(["the VMs have", "a policy has"])(
    "case P1: of hosts, as %s it: of three VMs at once two are placed, and the third is refused for it",
    async (who) => {
      await world.nodes({ id: "n1" }, { id: "n2" });
      if (who === "a policy has") await policy(apart);
      const more = { tags: web, constraints: who === "the VMs have" ? apart : [] };
      const answers = await Promise.all([1, 2, 3].map(() => world.reserve(newCall(), more)));
      expect(answers.flatMap(({ data }) => data?.nodeName ?? []).toSorted()).toEqual(["n1", "n2"]);
      const [refused] = answers.filter(({ code }) => code);
      expect(refused).toMatchObject({ code: "NO_CAPACITY", details: { rejected: { anti_affinity: 2 } } });
    },
  );

  it("between groups keeps each VM away from those of the other, whichever is placed first", async () => {
    await world.nodes({ id: "n1" });
    await policy([{ type: "antiAffinity", scope: "host", tags: { app: "db" }, appliesTo: web }]);
    expect((await create({ app: "db" })).nodeName).toBe("n1");
    expect((await create({ app: "db" })).nodeName).toBe("n1");
    expect(await world.reserve(newCall(), { tags: web })).toMatchObject({
      details: { rejected: { anti_affinity: 1 } },
    });
    await world.owner`delete from resource_allocations`;
    expect((await create(web)).nodeName).toBe("n1");
    expect((await create(web)).nodeName).toBe("n1");
    expect(await world.reserve(newCall(), { tags: { app: "db" } })).toMatchObject({
      details: { rejected: { anti_affinity: 1 } },
    });
  });

  it("that a VM has for itself is respected by those that are placed later and have no rule", async () => {
    await world.nodes({ id: "n1" }, { id: "n2" });
    await create({ app: "db" }, { constraints: apart });
    const { nodeName } = await create(web, { preferredNodeId: nodeId("n1") });
    expect(nodeName).toBe("n2");
  });

  it("of racks and zones keeps VMs out of the whole rack and zone", async () => {
    const at = (id: string, rack: string, availabilityZone: string) => ({ id, labels: { rack }, availabilityZone });
    await world.nodes(at("n1", "r1", "a"), at("n2", "r1", "a"), at("n3", "r2", "a"), at("n4", "r3", "b"));
    await create(web, { preferredNodeId: nodeId("n1") });
    const of = (scope: string) => [{ type: "antiAffinity", scope, tags: web }];
    expect(
      await world.reserve(newCall(), { tags: {}, constraints: of("rack"), excludedNodeIds: ["n3", "n4"].map(nodeId) }),
    ).toMatchObject({
      details: { rejected: { anti_affinity: 2, excluded: 2 } },
    });
    expect((await world.reserve(newCall(), { tags: {}, constraints: of("zone") })).data?.nodeName).toBe("n4");
  });

  it("case P3: is judged again at a start: a VM that was put into a group while it was stopped moves, or is refused", async () => {
    await world.nodes({ id: "n1" }, { id: "n2" });
    const preferredNodeId = nodeId("n1");
    const [one, two, three] = [
      await create({}, { preferredNodeId }),
      await create({}, { preferredNodeId }),
      await create({}, { preferredNodeId }),
    ];
    expect([one, two, three].map(({ nodeName }) => nodeName)).toEqual(["n1", "n1", "n1"]);
    await policy(apart);
    await Promise.all([one, two, three].map((call) => projectTags(call, web)));
    const start = next(one);
    const moved = await world.reserve(start, { tags: web });
    expect(moved.data?.nodeName).toBe("n2");
    await world.send("activateAllocation", { ...start, token: 2, nodeId: moved.data?.nodeId });
    expect(await world.reserve(next(two), { tags: web })).toMatchObject({
      details: { rejected: { anti_affinity: 2 } },
    });
    expect(await world.claims(two.vmId)).toMatchObject([{ node: "n1", status: "active" }]);
    await world.send("releaseAllocation", next(three));
    expect((await world.reserve(next(two), { tags: web })).data?.nodeName).toBe("n1");
  });

  it("prefers the node that a VM had, and leaves its allocation as it is", async () => {
    await world.nodes({ id: "n1" }, { id: "n2" });
    const call = await create({}, { preferredNodeId: nodeId("n2") });
    const again = await world.reserve(next(call), {});
    expect(again.data?.nodeName).toBe("n2");
    expect(await world.claims(call.vmId)).toMatchObject([{ node: "n2", status: "active" }]);
    await world.audit();
  });
});

describe("affinity", () => {
  it("places a VM with those that are there, and the first one anywhere, also of many at once", async () => {
    await world.nodes({ id: "n1" }, { id: "n2" });
    const constraints = [{ type: "affinity", scope: "host", tags: web }];
    const answers = await Promise.all([1, 2, 3, 4].map(() => world.reserve(newCall(), { tags: web, constraints })));
    expect(new Set(answers.map(({ data }) => data?.nodeName)).size).toBe(1);
  });
});

describe("spread", () => {
  const zones = [
    { id: "n1", availabilityZone: "a" },
    { id: "n2", availabilityZone: "b" },
  ];
  const even = [{ type: "spread", scope: "zone", tags: web, maxSkew: 1 }];

  it("keeps the zones within maxSkew, also of many at once", async () => {
    await world.nodes(...zones);
    await policy(even);
    const answers = await Promise.all(Array.from({ length: 10 }, () => world.reserve(newCall(), { tags: web })));
    const names = answers.map(({ data }) => data?.nodeName);
    expect([names.filter((name) => name === "n1").length, names.filter((name) => name === "n2").length]).toEqual([
      5, 5,
    ]);
  });

  it("does not count a zone in which no node could take the VM", async () => {
    await world.nodes({ id: "n1", availabilityZone: "a" }, { id: "n2", availabilityZone: "b", status: "maintenance" });
    await policy(even);
    for (let count = 0; count < 3; count += 1) expect((await create(web)).nodeName).toBe("n1");
  });

  it("case P10: counts a VM that moves once, at its destination, and one that is released not at all", async () => {
    await world.nodes(...zones);
    await policy(even);
    const first = await create(web, { preferredNodeId: nodeId("n1") });
    const move = next(first);
    const moved = await world.reserve(move, {
      tags: web,
      preferredNodeId: nodeId("n2"),
      excludedNodeIds: [nodeId("n1")],
    });
    expect(moved.data?.nodeName).toBe("n2");
    // It is on both nodes, and counts in zone b alone: another is preferred there and fits only in zone a.
    expect((await create(web, { preferredNodeId: nodeId("n2") })).nodeName).toBe("n1");
    await world.send("activateAllocation", { ...move, token: 2, nodeId: nodeId("n2") });
    expect((await world.claims(first.vmId)).map(({ status }) => status)).toEqual(["releasing", "active"]);
    // One in each zone, and one that is released in zone a.
    expect((await create(web, { preferredNodeId: nodeId("n1") })).nodeName).toBe("n1");
    await world.audit();
  });

  it("case P10: a claim that is being released counts for capacity", async () => {
    await world.nodes({ id: "n1", allocatable: roomFor(1) }, { id: "n2", allocatable: roomFor(1) });
    const call = await create({}, { preferredNodeId: nodeId("n1") });
    const move = next(call);
    await world.reserve(move, { excludedNodeIds: [nodeId("n1")] });
    await world.send("activateAllocation", { ...move, token: 2, nodeId: nodeId("n2") });
    expect(await world.reserve(newCall())).toMatchObject({ details: { rejected: { insufficient_memoryMb: 2 } } });
  });
});

describe("policies", () => {
  it("of a higher priority apply where one of a lower contradicts them", async () => {
    await world.nodes({ id: "fast", labels: { disk: "ssd" } }, { id: "slow", labels: { disk: "hdd" } });
    await policy([{ type: "forbidLabels", labels: [{ key: "disk", values: ["ssd"] }] }], 1);
    expect((await create({})).nodeName).toBe("slow");
    await policy([{ type: "requireLabels", labels: [{ key: "disk", values: ["ssd"] }] }], 2);
    expect((await create({})).nodeName).toBe("fast");
    await world.owner`update scheduling_policies set enabled = false where priority = 2`;
    expect((await create({})).nodeName).toBe("slow");
  });

  it("do not give way to the rules of a VM", async () => {
    await world.nodes({ id: "n1", region: "eu" }, { id: "n2", region: "us" });
    await policy([{ type: "locations", regions: ["eu"] }]);
    const constraints = [{ type: "locations", regions: ["us"] }];
    expect(await world.reserve(newCall(), { constraints })).toMatchObject({ details: { rejected: { region: 2 } } });
  });

  it("apply to the VMs with their tags, in their own tenant", async () => {
    await world.nodes({ id: "n1", region: "eu" }, { id: "n2", region: "us" });
    await policy([{ type: "locations", regions: ["us"], appliesTo: web }]);
    await policy([{ type: "weights", leastUsed: 1 }]);
    expect((await create(web)).nodeName).toBe("n2");
    expect((await create({ app: "db" })).nodeName).toBe("n1");
    const other = { tenantId: "0197a000-0000-7000-8000-00000000bbbb" };
    const { data } = await world.reserve(newCall(), { tags: web, excludedNodeIds: [nodeId("n2")] }, other);
    expect(data?.nodeName).toBe("n1");
  });
});
