import { getTableName } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { actingAs } from "#runtime/databases.ts";
import { seedDemoFleet } from "#demo/seed.ts";
import { importBitbrains } from "#import/bitbrains.ts";
import type { Changes } from "#db/changes.ts";
import { type Domain, domains } from "#db/columns.ts";
import { projectedOperations } from "#db/vms/schema/projected-operations.ts";
import { examples } from "#tests/mutations/examples.ts";
import { demo, emptyFleet, type TestFleet, trace } from "#tests/import/fleet.ts";
import { changesIn } from "./declared-changes.ts";

const changes = Object.fromEntries(
  await Promise.all(domains.map(async (domain) => [domain, await changesIn(domain)] as const)),
) as Record<Domain, Changes[]>;

/** The events of mutations, whose examples are tests of their own. */
const ofMutations = new Set<string>(Object.values(examples).flatMap(({ emits }) => emits));

/** Tables whose rows have no events of their own, each with the reason. */
const withoutEvents: Record<string, string> = {
  vm_metrics: "one event a batch: vm_metrics.written",
  system_metrics: "one event a batch: node_metrics.written",
  instance_prices: "one event a batch: instance_prices.changed",
  vm_metrics_latest: "follows from the samples",
  system_metrics_latest: "follows from the samples",
  vm_metrics_hourly: "follows from the samples",
  system_metrics_hourly: "follows from the samples",
  metric_dirty_hours: "what the rollup still has to do",
  metric_rollup_watermarks: "what the rollup has done",
  metric_retention_holds: "reported by the import that holds the range",
  metric_storage: "written by the migration",
  projected_vms: "follows from the events of the vms domain",
  recovery_codes: "recorded in the audit log",
  password_resets: "recorded in the audit log",
  sign_in_addresses: "recorded in the audit log",
  connection_tickets: "they change no user's rights, and expire within a minute",
  operations: "the statement that changes one writes its event: vms_operation.updated",
  operation_steps: "a step is a part of its operation",
  vm_usage: "follows from the VMs, by a trigger",
  request_keys: "the change that each belongs to has its own events",
  vm_slots: "the operations that take and release them have events",
  allocation_fences: "the operations that call have events",
  operation_workers: "which workers live",
  operation_schedules: "the operations that they start have events",
  executed_writes: "they record which calls were executed, and expire within a minute",
  entity_changes: "written with the events of the same changes",
  outbox_events: "the events themselves",
  event_log: "part of the log itself",
  event_relay: "part of the log itself",
  event_relay_checkpoints: "part of the log itself",
  event_consumers: "part of the log itself",
  consumed_events: "part of the log itself",
};

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await emptyFleet();
  const dbs = actingAs(fleet.dbs, "command:test");
  await seedDemoFleet(dbs);
  await importBitbrains(dbs, fleet.file("day.csv", trace(3, 12)), { tenant: demo });
});
afterAll(() => fleet.close());

describe.each(domains)("in the %s database", (domain) => {
  it("every table has an event for its rows, or a reason for having none", async () => {
    const rows = await fleet.rows<{ name: string }>(
      domain,
      "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition",
    );
    const tables = rows.map(({ name }) => name);
    const recorded = changes[domain].map(({ table }) => getTableName(table));
    expect(tables.filter((name) => !recorded.includes(name) && !(name in withoutEvents))).toEqual([]);
    expect(recorded.filter((name) => !tables.includes(name))).toEqual([]);
  });

  it.each(changes[domain].map((each) => [each.event, each] as const))(
    "every %s that was written has an event with its transaction's actor and its last version",
    async (_name, { table, event, key }) => {
      const columns = key.map((property) => (table as unknown as Record<string, { name: string }>)[property]?.name);
      const [counts] = await fleet.rows<{ rows: number; events: number; strangers: number; outdated: number }>(
        domain,
        `
          with rows as (select concat_ws(':', ${columns.join(", ")}) as key, to_jsonb(t) as row from ${getTableName(table)} t),
            events as (
              select entity_key as key, bool_or(type = '${event}.created') as created, max(entity_version) as version,
                bool_and(actor = 'command:test') as doer
              from outbox_events where type like '${event}.%' group by entity_key)
          select count(*)::int as rows, count(events.key)::int as events,
            count(*) filter (where not doer or not created)::int as strangers,
            count(*) filter (where version > 0 and version <> coalesce(row ->> 'row_version', row ->> 'generation', row ->> 'version')::int)::int as outdated
          from rows left join events using (key)
          where row ->> 'id' is null or row ->> 'id' not like '00000000-0000-7000-8000-00000000000%' and row ->> 'id' not like '00000000-0000-7000-8000-0000000001%'`,
      );
      // Neither the demo fleet nor an import has rows of a table that only clients write, and no program that follows the logs runs here.
      if (counts?.rows === 0 && table !== projectedOperations) expect(ofMutations).toContain(`${event}.created`);
      expect(counts).toMatchObject({ events: counts?.rows, strangers: 0, outdated: 0 });
    },
  );
});

it("samples and prices have one event per batch, which names its subject", async () => {
  const [samples] = await fleet.rows<{ events: number; named: number; vms: number; samples: number; written: number }>(
    "monitoring",
    `select count(*)::int as events, sum((payload ->> 'samples')::int)::int as samples, max(length(payload::text))::int as named,
      (select count(*)::int from vm_metrics) as written, count(distinct vm)::int as vms
    from outbox_events left join lateral jsonb_array_elements_text(payload -> 'vmIds') with ordinality as vm(vm, n) on n = 1
    where type = 'vm_metrics.written'`,
  );
  expect(samples?.samples).toBe(samples?.written);
  expect(samples?.named).toBeLessThan(8_000);
  const [prices] = await fleet.rows<{ rows: number; events: number }>(
    "federation",
    `select (select count(*)::int from instance_prices) as rows, sum((payload ->> 'rows')::int)::int as events
    from outbox_events where type = 'instance_prices.changed'`,
  );
  expect(prices?.rows).toBeGreaterThan(0);
  expect(prices?.events).toBe(prices?.rows);
});
