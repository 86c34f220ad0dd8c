import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { auditPlacement, type Placement } from "#subgraphs/scheduler/allocations/audit-placement.ts";
import { noResources } from "#db/scheduler/schema/node-resources.ts";
import { emptyFleet, type TestFleet } from "#tests/import/fleet.ts";
import { seedDemoFleet } from "#demo/seed.ts";
import { domains } from "#db/columns.ts";
import { novacronHere } from "#tests/running/command.ts";

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
      "a claim that was left to be released",
      { claims: [...right.claims, { id: "c2", vmId: "v1", nodeId: "n1", status: "releasing" }] },
      ["claim not released v1"],
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

describe("novacron placement audit", () => {
  let fleet: TestFleet;
  beforeAll(async () => {
    fleet = await emptyFleet();
    await seedDemoFleet(fleet.dbs);
  });
  afterAll(() => fleet.close());

  const plant = async () => {
    await fleet.rows(
      "scheduler",
      "update nodes set allocated = allocated || '{\"memoryMb\": 7}' where name = (select min(name) from nodes)",
    );
    await fleet.rows(
      "vms",
      "update vms set node_id = gen_random_uuid() where id = (select min(id::text)::uuid from vms where state = 'running')",
    );
  };
  const audit = (...args: string[]) => {
    const urls = domains.map((domain) => [`DATABASE_URL_${domain.toUpperCase()}`, fleet.url(domain)]);
    return novacronHere(["placement", "audit", ...args], Object.fromEntries(urls) as Record<string, string>);
  };

  it("as a command finds that the demo fleet is placed as its claims state, and ends with 1 on planted differences", async () => {
    const sound = await audit("--json");
    expect(sound.code, sound.stderr).toBe(0);
    expect(JSON.parse(sound.stdout)).toMatchObject({ nodes: 12, vms: 60, differences: [] });
    await plant();
    const wrong = await audit();
    expect(wrong.code).toBe(1);
    expect(wrong.stdout.split("\n").map((line) => line.split(":")[0])).toEqual([
      "node amounts",
      "claim elsewhere",
      "12 nodes, 60 claims, 60 VMs, of which operations work on 0",
      "",
    ]);
  });
});
