import fc from "fast-check";
import { getVariableValues, Kind, parse } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EventType } from "#events/event.ts";
import { alertChanges } from "#db/monitoring/changes.ts";
import { alertInstances } from "#db/monitoring/schema/alert-instances.ts";
import { vmMigrationChanges, vmMigrationStepChanges } from "#db/federation/changes.ts";
import { vmMigrationSteps } from "#db/federation/schema/vm-migration-steps.ts";
import { migrationPhases, vmMigrations } from "#db/federation/schema/vm-migrations.ts";
import { upsert } from "#db/upsert.ts";
import { vmStateTransitionChanges } from "#db/vms/changes.ts";
import { vmStateTransitions } from "#db/vms/schema/vm-state-transitions.ts";
import type { LiveField } from "#lib/live/live-field.ts";
import type { Subgraph } from "#lib/subgraph/subgraph.ts";
import { newId } from "#lib/uuid.ts";
import { createFederationLoaders } from "#subgraphs/federation/loaders.ts";
import { migrationProgressed } from "#subgraphs/federation/resolvers/Subscription/migrationProgressed.ts";
import { createMonitoringLoaders } from "#subgraphs/monitoring/loaders.ts";
import { alertChanged } from "#subgraphs/monitoring/resolvers/Subscription/alertChanged.ts";
import { createVmsLoaders } from "#subgraphs/vms/loaders.ts";
import { vmStateChanged } from "#subgraphs/vms/resolvers/Subscription/vmStateChanged.ts";
import { asOwner } from "#tests/harness/server.ts";
import { everything, liveSubgraphs, type LiveSubgraphs } from "./subgraph-fixture.ts";

// Rows and filters are random. The list is queried right after the rows were written. Then the rows change, and only then the field decides about the events
// of the writes, as for a client that resumes: it must emit exactly what the list held at that time.

const seed = 20_260_301;
const filterCount = 150;
const rowCount = 48;
const at = new Date("2026-03-01T10:00:00.000Z");
const after = (minutes: number) => new Date(at.getTime() + minutes * 60_000);

let live: LiveSubgraphs;
beforeAll(async () => {
  live = await liveSubgraphs();
});
afterAll(() => live.stop());

/** Some of these values, sometimes none. */
const some = <Value>(...values: Value[]) => fc.subarray(values, { maxLength: Math.ceil(values.length / 2) });
const range = fc.record(
  { from: fc.integer({ min: -5, max: 60 }).map(after), to: fc.integer({ min: 60, max: 90 }).map(after) },
  { requiredKeys: [] },
);
/** Any combination of a few of these conditions. */
const filterOf = (conditions: Record<string, fc.Arbitrary<unknown>>) =>
  fc
    .subarray(Object.keys(conditions), { minLength: 1, maxLength: 3 })
    .chain((names) =>
      fc.record(Object.fromEntries(names.map((name) => [name, conditions[name] as fc.Arbitrary<unknown>]))),
    );
const pick = <Value>(values: readonly Value[], index: number): Value => values[index % values.length] as Value;

interface Followed {
  domain: "vms" | "monitoring" | "federation";
  field: LiveField<never, never, unknown, unknown>;
  list: string;
  filterType: string;
  types: readonly EventType[];
  /** Writes rows and returns their ids. */
  write(): Promise<readonly string[]>;
  /** Changes the rows afterwards. */
  change(ids: readonly string[]): Promise<void>;
  filters(ids: readonly string[]): fc.Arbitrary<Record<string, unknown>>;
  /** The id of the listed row that an event is about. */
  rowOf(event: { entityKey: string; payload: Readonly<Record<string, unknown>> }): string;
}

const writing = () => ({ actor: "job:test", tenantId: live.ours.tenantId });
const pool = Array.from({ length: 4 }, newId);
const once = { onConflict: ["id"], update: "none" } as const;

const alerts = (): Followed => {
  const rows = (changed: boolean, ids: readonly string[]) =>
    ids.map((id, n) => {
      const state = changed ? "resolved" : pick(["pending", "firing", "resolved"] as const, n);
      const acknowledged = n % 4 === 1;
      return {
        id,
        tenantId: live.ours.tenantId,
        ruleId: live.ours.id("alertRule", (n % 3) + 1),
        vmId: n % 5 === 0 ? null : id,
        nodeId: n % 5 === 0 ? id : pick([null, ...pool], n),
        state,
        severity: changed ? ("info" as const) : pick(["info", "warning", "critical", "emergency"] as const, n * 7),
        message: pick(["Größe der Platte", "CPU at 95 %", "disk_full", null], n),
        labels: pick<Record<string, string>>([{}, { env: "prod" }, { env: "test", team: "a" }], n),
        startedAt: after(n),
        resolvedAt: state === "resolved" ? after(n + 30) : null,
        acknowledgedAt: acknowledged ? at : null,
        acknowledgedBy: acknowledged ? pick(pool, n) : null,
        acknowledgementExpiresAt: acknowledged && n % 8 === 1 ? after(1) : null,
      };
    });
  const save = (ids: readonly string[], changed: boolean) =>
    live.services.monitoring.write(writing(), (tx) =>
      upsert(tx, alertInstances, rows(changed, ids), {
        ...once,
        update: changed ? "all" : "none",
        emits: alertChanges,
      }),
    );
  return {
    domain: "monitoring",
    field: alertChanged,
    list: "alerts",
    filterType: "AlertFilter",
    types: ["alert.created"],
    write: async () => {
      const ids = Array.from({ length: rowCount }, newId);
      await save(ids, false);
      return ids;
    },
    change: async (ids) => {
      await save(ids, true);
    },
    filters: (ids) =>
      filterOf({
        id: some(...ids),
        vm: some(...ids),
        node: some(...pool, ...ids.slice(0, 6)),
        rule: some(...[1, 2, 3].map((n) => live.ours.id("alertRule", n))),
        severity: some("INFO", "WARNING", "CRITICAL", "EMERGENCY"),
        state: some("PENDING", "FIRING", "RESOLVED", "ACKNOWLEDGED"),
        open: fc.boolean(),
        acknowledgedBy: some(...pool),
        labels: some<unknown>({ key: "env" }, { key: "team", value: "a" }, { key: "owner" }),
        startedAt: range,
        resolvedAt: range,
        text: fc.constantFrom("GRÖSSE", "größe", "95 %", "k_f", "CPU"),
      }),
    rowOf: ({ entityKey }) => entityKey,
  };
};

const moves = (): Followed => {
  const rows = (changed: boolean, ids: readonly string[]) =>
    ids.map((id, n) => ({
      id,
      tenantId: live.ours.tenantId,
      vmId: id,
      sourceProvider: pick([null, live.ours.id("cloudProvider", 1), live.ours.id("cloudProvider", 2)], n),
      destinationProvider: pick([live.ours.id("cloudProvider", 2), null], n),
      sourceNodeId: pick([...pool, null], n),
      destinationNodeId: pick([null, ...pool], n * 3),
      migrationType: pick(["cold", "warm", "live", "clone"] as const, n),
      migrationPlan: {},
      status: changed ? ("failed" as const) : pick(["planned", "approved", "in_progress", "completed"] as const, n * 5),
      currentPhase: changed ? ("observe" as const) : pick([null, ...migrationPhases], n),
      initiatedBy: pick(pool, n * 3),
      approvedBy: pick(changed ? pool : [null, ...pool], n),
      createdAt: after(n),
      startedAt: n % 3 === 0 ? null : after(n + 5),
      completedAt: changed || n % 4 === 0 ? after(n + 10) : null,
    }));
  const save = (ids: readonly string[], changed: boolean) =>
    live.services.federation.write(writing(), async (tx) => {
      const update = changed ? "all" : "none";
      await upsert(tx, vmMigrations, rows(changed, ids), { ...once, update, emits: vmMigrationChanges });
      if (changed) return;
      const steps = ids.map((migrationId) => ({
        id: newId(),
        migrationId,
        tenantId: tx.tenantId,
        stepNumber: 0,
        stepName: "validate",
        status: "pending" as const,
      }));
      await upsert(tx, vmMigrationSteps, steps, { ...once, emits: vmMigrationStepChanges });
    });
  return {
    domain: "federation",
    field: migrationProgressed,
    list: "migrations",
    filterType: "MigrationFilter",
    types: ["migration.created", "migration_step.created"],
    write: async () => {
      const ids = Array.from({ length: rowCount }, newId);
      await save(ids, false);
      return ids;
    },
    change: (ids) => save(ids, true),
    filters: (ids) => {
      const providers = [live.ours.id("cloudProvider", 1), live.ours.id("cloudProvider", 2)];
      return filterOf({
        id: some(...ids),
        vm: some(...ids),
        provider: some(...providers),
        sourceProvider: some(...providers),
        destinationProvider: some(...providers),
        node: some(...pool),
        sourceNode: some(...pool),
        destinationNode: some(...pool),
        type: some("COLD", "WARM", "LIVE", "CLONE"),
        status: some("PLANNED", "APPROVED", "IN_PROGRESS", "COMPLETED"),
        currentPhase: some("VALIDATE", "RESERVE", "OBSERVE"),
        initiatedBy: some(...pool),
        approvedBy: some(...pool),
        unapproved: fc.boolean(),
        createdAt: range,
        startedAt: range,
        completedAt: range,
      });
    },
    rowOf: ({ entityKey, payload }) => (payload["migrationId"] as string | undefined) ?? entityKey,
  };
};

const transitions = (): Followed => {
  const vm = (n: number) => live.ours.id("vm", n);
  const placeVms = (owners: readonly string[], tags: readonly string[]) =>
    asOwner(live.urls.url("vms"), async (sql) => {
      for (const n of [1, 2, 3, 4])
        await sql`update vms set node_id = ${pick([...pool.slice(0, 2), null], n)}, owner_id = ${pick(owners, n)},
          tags = ${pick(tags, n)}::text::jsonb where id = ${vm(n)}`;
    });
  return {
    domain: "vms",
    field: vmStateChanged,
    list: "vmStateTransitions",
    filterType: "VmStateTransitionFilter",
    types: ["vm_state_transition.created"],
    write: async () => {
      await placeVms(pool, ["{}", '{"env": "prod"}', '{"env": "test", "team": "a"}']);
      const states = ["creating", "running", "stopped", "paused"] as const;
      const rows = Array.from({ length: rowCount }, (_, n) => ({
        id: newId(),
        tenantId: live.ours.tenantId,
        vmId: vm((n % 4) + 1),
        fromState: n % 9 === 0 ? null : pick(states, n),
        toState: pick(states, n + 1 + (n % 3)),
        initiatedBy: pick(pool, n * 3),
        createdAt: after(n),
      }));
      await live.services.vms.write(writing(), (tx) =>
        upsert(tx, vmStateTransitions, rows, { ...once, emits: vmStateTransitionChanges }),
      );
      return rows.map(({ id }) => id);
    },
    change: async () => {
      await placeVms(pool.toReversed(), ['{"team": "b"}']);
    },
    filters: () =>
      filterOf({
        vm: some(...[1, 2, 3, 4].map(vm)),
        fromState: some("CREATING", "RUNNING", "STOPPED"),
        toState: some("RUNNING", "STOPPED", "PAUSED"),
        node: some(...pool.slice(0, 2)),
        owner: some(...pool),
        tags: some<unknown>({ key: "env" }, { key: "team", value: "a" }),
        initiatedBy: some(...pool),
        createdAt: range,
      }),
    rowOf: ({ entityKey }) => entityKey,
  };
};

const subgraphOf = ({ domain }: Followed): Subgraph => live[domain];

/** Converts a filter as a client sends it to the values that resolvers receive. */
function coerced(followed: Followed, filter: unknown): unknown {
  const [operation] = parse(`query ($filter: ${followed.filterType}) { __typename }`).definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error("There is no operation.");
  const { variableDefinitions = [] } = operation;
  const { coerced: values, errors } = getVariableValues(subgraphOf(followed).schema, variableDefinitions, { filter });
  if (errors) throw errors[0];
  return values["filter"];
}

async function listed(followed: Followed, filter: unknown): Promise<string[]> {
  const query = `query ($filter: ${followed.filterType}) { ${followed.list}(first: 100, filter: $filter) { nodes { id } } }`;
  const { data, errors } = await subgraphOf(followed).execute(
    { query, variables: { filter } },
    { identity: everything(live.ours), requestId: "request", deadline: Date.now() + 10_000 },
  );
  expect(errors).toBeUndefined();
  return (data as Record<string, { nodes: { id: string }[] }>)[followed.list]?.nodes.map(({ id }) => id) ?? [];
}

const loadersOf = { vms: createVmsLoaders, monitoring: createMonitoringLoaders, federation: createFederationLoaders };

describe.each([
  ["alertChanged", alerts],
  ["migrationProgressed", moves],
  ["vmStateChanged", transitions],
])("%s", (_name, followedOf) => {
  it("emits a change exactly if the query with the same filter lists the row right after it", async () => {
    const followed = followedOf();
    const log = live.log();
    const start = await log.head([followed.domain]);
    const ids = await followed.write();
    const filters = fc
      .sample(followed.filters(ids), { numRuns: filterCount, seed })
      .map((filter) => JSON.parse(JSON.stringify(filter)) as Record<string, unknown>);
    const rows = new Set(ids);
    const expected: string[][] = [];
    for (const filter of filters)
      expected.push((await listed(followed, filter)).filter((id) => rows.has(id)).toSorted());
    await followed.change(ids);

    const { tenantId } = live.ours;
    const { events } = await log.read(start, { sources: [followed.domain], tenantId, limit: 1_000 });
    const { field } = followed;
    for (const [index, filter] of filters.entries()) {
      const args = { filter: coerced(followed, filter) } as never;
      const valuesFor = field.valuesFor(args);
      const tx = live.services[followed.domain].read({ tenantId, deadline: Date.now() + 10_000 });
      const context = { loaders: loadersOf[followed.domain](tx) } as never;
      try {
        for (const type of followed.types) {
          const candidates = events.filter((event) => event.type === type && rows.has(followed.rowOf(event)));
          expect(candidates).toHaveLength(rowCount);
          const emitted = await Promise.all(
            candidates.map(async (event) => {
              const admitted = await Promise.all(
                valuesFor(event).map(async (value) => field.admits?.(value, args, context)),
              );
              return admitted.includes(true) ? [followed.rowOf(event)] : [];
            }),
          );
          expect(emitted.flat().toSorted(), `${type} with ${JSON.stringify(filter)}`).toEqual(expected[index]);
        }
      } finally {
        await tx.end();
      }
    }
    // Filters that select everything or nothing prove little.
    expect(expected.filter(({ length }) => length > 0 && length < rowCount).length).toBeGreaterThan(filterCount / 3);
  });
});
