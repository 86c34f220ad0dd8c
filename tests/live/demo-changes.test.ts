import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { changeDemoFleet } from "#demo/change-fleet.ts";
import { replayTraces } from "#demo/replay.ts";
import { seedDemoFleet } from "#demo/seed.ts";
import { importBitbrains } from "#import/bitbrains.ts";
import { makeDemoMachines } from "#demo/machines.ts";
import { until } from "#tests/events/until.ts";
import { demo, fleetOn, type TestFleet, trace } from "#tests/import/fleet.ts";
import { openLifecycle } from "#tests/lifecycle/fixture.ts";

let lifecycle: Awaited<ReturnType<typeof openLifecycle>>;
let fleet: TestFleet;
beforeAll(async () => {
  lifecycle = await openLifecycle(0);
  fleet = await fleetOn(lifecycle.product.urls);
  await seedDemoFleet(fleet.dbs);
  await makeDemoMachines(fleet.dbs.vms, lifecycle.hypervisor.client, demo.id, AbortSignal.timeout(60_000));
});
afterAll(async () => {
  await lifecycle?.stop();
  await fleet?.close();
});

/** Resolves when no operation on a VM is running any more. */
const operationsEnded = () =>
  until("all operations have ended", async () => {
    const [running] = await fleet.rows<{ count: number }>(
      "vms",
      "select count(*)::int as count from operations where subject like 'Vm:%' and ended_at is null",
    );
    return running?.count === 0;
  });

const steps = 40;
const eventCounts = async (domain: "vms" | "monitoring" | "federation") =>
  new Map(
    (
      await fleet.rows<{ type: string; count: number }>(
        domain,
        "select type, count(*)::int as count from outbox_events group by type",
      )
    ).map(({ type, count }) => [type, count]),
  );
const more = (before: Map<string, number>, after: Map<string, number>, type: string) =>
  (after.get(type) ?? 0) - (before.get(type) ?? 0);

describe("the demo fleet", () => {
  it("changes once when several programs change it at the same time", async () => {
    const before = await eventCounts("vms");
    const now = new Date();
    const changed = await Promise.all(Array.from({ length: 4 }, () => changeDemoFleet(fleet.dbs, demo.id, now)));
    expect(changed.filter(Boolean)).toHaveLength(1);
    await operationsEnded();
    expect(more(before, await eventCounts("vms"), "vm_state_transition.created")).toBe(1);
  });

  it("changes: VMs stop and start, alerts are raised, fire and end, and migrations proceed to their ends", async () => {
    const before = {
      vms: await eventCounts("vms"),
      monitoring: await eventCounts("monitoring"),
      federation: await eventCounts("federation"),
    };
    const start = Math.ceil(Date.now() / 10_000) * 10_000 + 10_000;
    for (let step = 0; step < steps; step++) {
      expect(await changeDemoFleet(fleet.dbs, demo.id, new Date(start + step * 10_000))).toBe(true);
      await operationsEnded();
    }
    const after = {
      vms: await eventCounts("vms"),
      monitoring: await eventCounts("monitoring"),
      federation: await eventCounts("federation"),
    };

    expect(more(before.vms, after.vms, "vm_state_transition.created")).toBe(steps);
    expect(more(before.vms, after.vms, "vm.updated")).toBe(steps);
    const different = await fleet.rows(
      "vms",
      `select v.name from vms v join lateral (
         select to_state from vm_state_transitions t where t.vm_id = v.id order by created_at desc limit 1) last on true
       where v.state <> last.to_state`,
    );
    expect(different).toEqual([]);
    const [stopped] = await fleet.rows<{ share: number }>(
      "vms",
      "select avg((state = 'stopped')::int)::float8 as share from vms",
    );
    expect(stopped?.share).toBeLessThanOrEqual(0.11);

    expect(more(before.monitoring, after.monitoring, "alert.created")).toBeGreaterThan(0);
    const [alerts] = await fleet.rows<{ raised: number; fired: number; ended: number; untrue: number }>(
      "monitoring",
      `select count(*)::int as raised, count(fired_at)::int as fired, count(resolved_at)::int as ended,
         count(*) filter (where not case r.comparison_operator when '>' then a.value > r.threshold_value else a.value < r.threshold_value end)::int as untrue
       from alert_instances a join alert_rules r on r.id = a.rule_id where a.message like '%: CPU at %'`,
    );
    expect(alerts?.fired).toBeGreaterThan(0);
    expect(alerts?.ended).toBeGreaterThan(0);
    expect(alerts?.untrue).toBe(0);

    expect(more(before.federation, after.federation, "migration_step.updated")).toBeGreaterThan(steps);
    expect(more(before.federation, after.federation, "migration.created")).toBeGreaterThan(0);
    const [unfinished] = await fleet.rows<{ count: number }>(
      "federation",
      `select count(*)::int as count from migrations m where status = 'completed' and (progress_percentage < 100 or completed_at is null
         or exists (select from migration_steps s where s.migration_id = m.id and s.status <> 'completed'))`,
    );
    expect(unfinished?.count).toBe(0);
  });

  it("changes at its own pace, however often the job runs", async () => {
    expect(await changeDemoFleet(fleet.dbs, demo.id, new Date())).toBe(false);
  });
});

describe("an imported trace", () => {
  it("replays no samples of a VM that is stopped", async () => {
    const now = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 + 1_234_000);
    const imported = await importBitbrains(fleet.dbs, fleet.file("day.csv", trace(3, 8)), { tenant: demo, now });
    const end = Date.parse(imported.to ?? "") / 1_000;
    const [vm] = await fleet.rows<{ id: string }>(
      "vms",
      "update vms set state = 'stopped' where id = (select id from vms where name like 'bitbrains-%' order by name limit 1) returning id",
    );
    expect(await replayTraces(fleet.dbs, demo.id, new Date((end + 1_200) * 1_000))).toBeGreaterThan(0);
    const replayed = await fleet.rows<{ id: string; samples: number }>(
      "monitoring",
      `select vm_id as id, count(*)::int as samples from vm_metrics where
         time > to_timestamp(${end}) group by vm_id`,
    );
    expect(replayed.map(({ id }) => id)).not.toContain(vm?.id);
  });
});
