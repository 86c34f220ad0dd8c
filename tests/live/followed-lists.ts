import fc from "fast-check";
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
import { newId } from "#lib/uuid.ts";
import { migrationProgressed } from "#subgraphs/federation/resolvers/Subscription/migrationProgressed.ts";
import { alertChanged } from "#subgraphs/monitoring/resolvers/Subscription/alertChanged.ts";
import { live as vmsFields } from "#subgraphs/vms/resolvers/index.ts";
import { asOwner } from "#tests/harness/server.ts";
import type { LiveSubgraphs } from "./subgraph-fixture.ts";

/** How many rows a list writes, and changes afterwards. */
export const rowCount = 48;
const at = new Date("2026-03-01T10:00:00.000Z");
const after = (minutes: number) => new Date(at.getTime() + minutes * 60_000);

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

/** A subscription field, the list with the same filter, and the rows that both are about. */
export interface Followed {
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

const writing = ({ ours }: LiveSubgraphs) => ({ actor: "job:test", tenantId: ours.tenantId });
const pool = Array.from({ length: 4 }, newId);
const once = { onConflict: ["id"], update: "none" } as const;

export const alerts = (live: LiveSubgraphs): Followed => {
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
    live.services.monitoring.write(writing(live), (tx) =>
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

export const moves = (live: LiveSubgraphs): Followed => {
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
    live.services.federation.write(writing(live), async (tx) => {
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

export const transitions = (live: LiveSubgraphs): Followed => {
  const vm = (n: number) => live.ours.id("vm", n);
  const placeVms = (owners: readonly string[], tags: readonly string[]) =>
    asOwner(live.urls.url("vms"), async (sql) => {
      for (const n of [1, 2, 3, 4])
        await sql`update vms set node_id = ${pick([...pool.slice(0, 2), null], n)}, owner_id = ${pick(owners, n)},
          tags = ${pick(tags, n)}::text::jsonb where id = ${vm(n)}`;
    });
  return {
    domain: "vms",
    field: vmsFields.vmStateChanged,
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
      await live.services.vms.write(writing(live), (tx) =>
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
