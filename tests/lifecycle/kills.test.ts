import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "#lib/uuid.ts";
import { asOwner } from "#tests/harness/server.ts";
import { type Course, type End, type Kills, startKills } from "./kills.ts";
import { scenarios } from "./kill-scenarios.ts";

let kills: Kills;
beforeAll(async () => {
  kills = await startKills();
});
afterAll(() => kills.stop());

const [scenario] = scenarios["create_vm"] ?? [];
const creation = (end: End): Course => {
  if (!scenario) throw new Error("There is no scenario.");
  return { kind: "create_vm", scenario, end };
};

describe("fault 35: a worker, the hypervisor or both are killed while an operation works on a VM", () => {
  it.each(["done", "compensated"] as const)(
    "a VM whose machine is being made ends %s, with nothing left over",
    async (end) => {
      await kills.killAt(creation(end), "during machine create 1", "both");
      expect(await kills.audit()).toEqual([]);
    },
  );
});

describe("the audit of VMs, claims and machines", () => {
  const call = (place: { nodeId: string; vmId: string }) => ({
    ...place,
    fence: { operationId: newId(), token: 1 },
    step: newId(),
    signal: AbortSignal.timeout(5_000),
  });
  /** Returns a running VM about which the audit finds nothing, and where it is. */
  async function sound() {
    const vmId = await kills.undisturbed(creation("done"));
    expect(await kills.audit()).toEqual([]);
    return { vmId, nodeId: (await kills.lifecycle.vm(vmId)).node?.id ?? "" };
  }
  const inScheduler = (query: (sql: Parameters<Parameters<typeof asOwner>[1]>[0]) => Promise<unknown>) =>
    asOwner(kills.lifecycle.product.urls.url("scheduler"), query);

  it("finds a planted machine without a VM", async () => {
    const { nodeId } = await sound();
    const vmId = newId();
    const spec = { name: "orphan", cpuMillicores: 1_000, memoryMb: 128, disks: [], interfaces: [] };
    await kills.lifecycle.hypervisor.client.create(call({ nodeId, vmId }), spec);
    expect(await kills.audit()).toEqual([`a machine is of no VM: ${vmId}`]);
  });

  it("finds a planted claim without a VM, and amounts that no claim has", async () => {
    const { vmId, nodeId } = await sound();
    const planted = newId();
    await inScheduler(
      (sql) => sql`
        insert into resource_allocations select (jsonb_populate_record(claim, jsonb_build_object('id', ${newId()}::text, 'vm_id', ${planted}::text))).*
        from resource_allocations claim where vm_id = ${vmId}`,
    );
    const found = await kills.audit();
    expect(found).toContain(`a claim is of no VM: ${planted}`);
    expect(found.filter((each) => each.startsWith(`${nodeId} has cpuMillicores`)).length).toBe(1);
  });

  it("finds a planted loss of a claim", async () => {
    const { vmId } = await sound();
    await inScheduler((sql) => sql`update resource_allocations set status = 'deallocated' where vm_id = ${vmId}`);
    expect(await kills.audit()).toContain(`${vmId} (running) has 0 claims`);
  });

  it("finds a planted state of a machine that does not fit its VM", async () => {
    const place = await sound();
    await kills.lifecycle.hypervisor.client.pause(call(place));
    expect(await kills.audit()).toContain(`${place.vmId} (running) has a machine that is paused`);
  });

  it("finds a planted double effect", async () => {
    const place = await sound();
    await kills.lifecycle.hypervisor.client.reboot(call(place));
    expect(await kills.audit()).toEqual([
      `${place.vmId} (running) has a machine that was changed 3 times instead of 2`,
    ]);
  });

  it("finds a planted slot that no operation will release", async () => {
    const { vmId } = await sound();
    const operationId = newId();
    await asOwner(
      kills.lifecycle.product.urls.url("vms"),
      (sql) => sql`
        insert into vm_slots (vm_id, tenant_id, operation_id, operation_kind, token)
        select id, tenant_id, ${operationId}, 'planted', 1 from vms where id = ${vmId}`,
    );
    expect(await kills.audit()).toEqual([`the slot of ${vmId} is kept for ${operationId}`]);
  });
});
