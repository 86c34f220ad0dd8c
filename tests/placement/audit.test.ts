import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { auditPlacement, type Placement } from "#subgraphs/scheduler/allocations/audit-placement.ts";
import { noResources } from "#db/scheduler/schema/node-resources.ts";
import { emptyFleet, type TestFleet } from "#tests/import/fleet.ts";
import { seedDemoFleet } from "#demo/seed.ts";
import { checkPlacement } from "#runtime/placement-audit.ts";
import { openDatabase } from "#db/client.ts";

const right: Placement = {
  nodes: [{ id: "n1", name: "node-1", allocated: noResources, claimed: noResources }],
  claims: [{ id: "c1", vmId: "v1", nodeId: "n1", status: "active" }],
  vms: [{ id: "v1", nodeId: "n1", state: "running" }],
  busy: new Set(),
};
const found = (more: Partial<Placement>) =>
  auditPlacement({ ...right, ...more }).map(({ what, id }) => `${what} ${id}`);

describe("the audit of placement", () => {
  it.each<[string, Partial<Placement>, string[]]>([
    ["agreement", {}, []],
    [
      "a node that has allocated more than is claimed",
      { nodes: [{ id: "n1", name: "node-1", allocated: { ...noResources, memoryMb: 1 }, claimed: noResources }] },
      ["node amounts n1"],
    ],
    ["a running VM without a claim", { claims: [] }, ["VM without claim v1"]],
    [
      "a stopped VM that has released its claim as right",
      { claims: [], vms: [{ id: "v1", nodeId: "n1", state: "stopped" }] },
      [],
    ],
    [
      "a claim of a VM that is deleted",
      { vms: [{ id: "v1", nodeId: "n1", state: "deleted" }] },
      ["claim without VM v1"],
    ],
    ["a claim of no VM", { vms: [] }, ["claim without VM v1"]],
    [
      "a claim on another node than the VM's",
      { vms: [{ id: "v1", nodeId: "n2", state: "running" }] },
      ["claim elsewhere v1"],
    ],
    [
      "a VM with two claims",
      { claims: [...right.claims, { id: "c2", vmId: "v1", nodeId: "n1", status: "migrating" }] },
      ["second claim v1"],
    ],
    ["nothing of a VM that an operation works on", { claims: [], busy: new Set(["v1"]) }, []],
    [
      "a reservation as right, because it expires",
      { claims: [{ ...right.claims[0]!, status: "reserved" }], vms: [] },
      [],
    ],
  ])("finds %s", (_what, more, differences) => {
    expect(found(more)).toEqual(differences);
  });
});

describe("checkPlacement", () => {
  let fleet: TestFleet;
  beforeAll(async () => {
    fleet = await emptyFleet();
    await seedDemoFleet(fleet.dbs);
  });
  afterAll(() => fleet.close());

  it("finds that the demo fleet is placed as its claims state, and each planted difference", async () => {
    const open = (domain: "vms" | "scheduler") => openDatabase({ domain, url: fleet.url(domain), as: "system" });
    const systems = { vms: await open("vms"), scheduler: await open("scheduler") };
    try {
      expect(await checkPlacement(systems)).toMatchObject({ nodes: 12, vms: 60, differences: [] });
      await fleet.rows(
        "scheduler",
        "update nodes set allocated = allocated || '{\"memoryMb\": 7}' where name = (select min(name) from nodes)",
      );
      await fleet.rows(
        "vms",
        "update vms set node_id = gen_random_uuid() where id = (select min(id::text)::uuid from vms where state = 'running')",
      );
      const { differences } = await checkPlacement(systems);
      expect(differences.map(({ what }) => what).toSorted()).toEqual(["claim elsewhere", "node amounts"]);
    } finally {
      await Promise.all([systems.vms.close(), systems.scheduler.close()]);
    }
  });
});
