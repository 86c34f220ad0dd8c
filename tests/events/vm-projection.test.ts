import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seedDemoFleet } from "#demo/seed.ts";
import { runConsumer } from "#db/event-log/consumer.ts";
import { checkVmProjection, rebuildVmProjection, vmProjection } from "#db/projections/vm-projection.ts";
import { upsert } from "#db/upsert.ts";
import { vmChanges } from "#db/vms/changes.ts";
import { fleetVms, setNodesOfVms } from "#db/vms/fleet-writes.ts";
import { vms } from "#db/vms/schema/vms.ts";
import { demoTenantId } from "#lib/trust/demo-tenant.ts";
import { newId } from "#lib/uuid.ts";
import { asOwner } from "#tests/harness/server.ts";
import { type LogFixture, logFixture } from "./log-fixture.ts";
import { until } from "./until.ts";

const same = { missing: [], extra: [], different: [] };
let fixture: LogFixture;
let ended: AbortController;
let running: Promise<unknown>;
beforeAll(async () => {
  fixture = await logFixture();
  ended = new AbortController();
  const { signal } = ended;
  const log = fixture.log([], { pollMs: 20, signal });
  running = Promise.all(
    targets().map((target) => runConsumer(vmProjection(databases(target)), { system: target, log, signal })),
  );
  await seedDemoFleet(fixture.services);
});
afterAll(async () => {
  ended.abort();
  await running;
  await fixture.stop();
});

const targets = () => [fixture.systems.monitoring, fixture.systems.scheduler];
const databases = (target: LogFixture["systems"]["vms"]) => ({ source: fixture.systems.vms, target });
const check = () => Promise.all(targets().map((target) => checkVmProjection(databases(target))));
const untilSame = () =>
  until("the projections equal their source", async () =>
    (await check()).every(({ missing, extra, different }) => missing.length + extra.length + different.length === 0),
  );
const tamper = (domain: "monitoring" | "scheduler", text: string) =>
  asOwner(fixture.urls.url(domain), (owner) => owner.unsafe(text));
/** Removes VMs from their nodes and puts them on another one: two writes of each. */
async function moveVms(node: string): Promise<number> {
  await asOwner(
    fixture.urls.url("vms"),
    (owner) => owner`update vms set node_id = null where tenant_id = ${demoTenantId}`,
  );
  return fixture.services.vms.write({ tenantId: demoTenantId }, async (tx) =>
    setNodesOfVms(tx, new Map((await fleetVms(tx)).map(({ id }) => [id, node]))),
  );
}

describe("the projection of VMs in monitoring and in the scheduler", () => {
  it("equals its source after the demo fleet was written, and after VMs have changed", async () => {
    await untilSame();
    for (const report of await check()) expect(report).toMatchObject({ ...same, vms: 60 });
    const moved = await moveVms(newId());
    expect(moved).toBeGreaterThan(50);
    await untilSame();
  });

  it("is reported as different where a row was changed, lost or invented, and is repaired by a rebuild", async () => {
    const [changed, ahead, lost] = (
      await fixture.services.vms.write({ tenantId: demoTenantId }, (tx) => fleetVms(tx))
    ).map(({ id }) => id) as [string, string, string];
    const madeUp = newId();
    await tamper("monitoring", `update projected_vms set name = 'other' where id = '${changed}'`);
    // As if the row had a later state than the source, which happens when the source was restored from a backup.
    await tamper(
      "monitoring",
      `update projected_vms set version = version + 100, state = 'failed' where id = '${ahead}'`,
    );
    await tamper("monitoring", `delete from projected_vms where id = '${lost}'`);
    await tamper(
      "monitoring",
      `insert into projected_vms (id, tenant_id, name, state, tags, version) values ('${madeUp}', '${demoTenantId}', 'x', 'running', '{}', 1)`,
    );
    const [monitoring, scheduler] = await check();
    expect(monitoring).toEqual({
      vms: 60,
      missing: [lost],
      extra: [madeUp],
      different: [changed, ahead].toSorted(),
    });
    expect(scheduler).toMatchObject(same);
    await rebuildVmProjection(databases(fixture.systems.monitoring));
    for (const report of await check()) expect(report).toMatchObject(same);
  });

  it("is rebuilt during writes, and loses none of them", async () => {
    const rebuilt = new AbortController();
    const write = async () => {
      for (let moves = 0; !rebuilt.signal.aborted || moves < 3; moves += 1) {
        await moveVms(newId());
        await fixture.services.vms.write({ tenantId: demoTenantId }, async (tx) => {
          const [vm] = await fleetVms(tx);
          if (!vm) throw new Error("There are no VMs.");
          const made = { id: newId(), tenantId: demoTenantId, name: `made ${moves}`, ownerId: vm.ownerId };
          const { resourceConfig } = vm;
          await upsert(
            tx,
            vms,
            [{ ...made, state: "running" as const, hypervisorType: "kvm" as const, resourceConfig }],
            {
              onConflict: ["id"],
              update: "none",
              emits: vmChanges,
            },
          );
        });
      }
    };
    const writing = write();
    for (let time = 0; time < 5; time += 1) {
      for (const target of targets()) await rebuildVmProjection(databases(target));
    }
    rebuilt.abort();
    await writing;
    await untilSame();
    for (const report of await check()) expect(report.vms).toBeGreaterThanOrEqual(63);
  });
});
