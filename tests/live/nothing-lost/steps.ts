import type { Database } from "#db/client.ts";
import { advanceVmMigration, beginVmMigrations } from "#db/federation/vm-migration-writes.ts";
import { migrationPhases } from "#db/federation/schema/vm-migrations.ts";
import { moveAlert, raiseAlerts } from "#db/monitoring/alert-writes.ts";
import { changeStates } from "#db/vms/state-writes.ts";
import { newId } from "#lib/uuid.ts";
import type { Fleet as TestRows } from "#tests/graph/rows.ts";
import { asOwner } from "#tests/harness/server.ts";
import type { Change, Kind } from "./checker.ts";

/** One transaction of a domain. */
export interface Step {
  /** The changes that it makes once it is committed. */
  changes: Change[];
  /** @throws Error if it was not committed, or if that is unknown */
  write(): Promise<void>;
  /** Resolves to whether it was committed, according to the database. */
  isWritten(): Promise<boolean>;
}

/** The tenant whose entities change, and their database. */
export interface Place {
  tenant: TestRows;
  database: Database;
  /** The URL of the same database, as its owner. */
  ownerUrl: string;
}

const entity = (kind: Kind, ...ids: (string | number)[]): string => [kind, ...ids].join(" ");

/** Returns the version of one row; 0 if it does not exist. */
const versionOf = async ({ ownerUrl }: Place, table: string, column: string, id: string): Promise<number> => {
  const rows = await asOwner(
    ownerUrl,
    (sql) => sql<{ version: number }[]>`select version from ${sql(table)} where ${sql(column)} = ${id}`,
  );
  return rows[0]?.version ?? 0;
};

const must = async (written: Promise<boolean>): Promise<void> => {
  if (!(await written)) throw new Error("Nothing was changed.");
};

/** Runs and pauses VMs in turn. The reason of each change is its number. */
export async function* vmSteps(place: Place, count: number): AsyncGenerator<Step, never> {
  const { tenantId, id } = place.tenant;
  const vms = await asOwner(
    place.ownerUrl,
    (sql) =>
      sql<{ id: string; version: number; state: "running" | "paused" | "stopped" }[]>`
      select id, version, state from vms where tenant_id = ${tenantId} order by id limit ${count}`,
  );
  for (;;)
    for (const vm of vms) {
      const [from, to] = [vm.state, vm.state === "running" ? "paused" : "running"] as const;
      const number = vm.version + 1;
      yield {
        changes: [{ tenantId, entity: entity("vm", vm.id), number, state: to }],
        write: () =>
          must(
            place.database.write({ tenantId }, async (tx) => {
              const change = { vmId: vm.id, from, to, reason: String(number), initiatedBy: id("user", 1) };
              return (await changeStates(tx, [change])).length > 0;
            }),
          ),
        isWritten: async () => (await versionOf(place, "vms", "id", vm.id)) === number,
      };
      [vm.state, vm.version] = [to, number];
    }
}

/** Raises, fires and resolves alerts, `count` at a time. */
export async function* alertSteps(place: Place, count: number): AsyncGenerator<Step, never> {
  const { tenantId, id } = place.tenant;
  const { database } = place;
  for (;;) {
    const alerts = Array.from({ length: count }, () => newId());
    const states = ["pending", "firing", "resolved"] as const;
    for (const [index, state] of states.entries())
      for (const alert of alerts) {
        const isWritten = async () => (await versionOf(place, "alert_instances", "id", alert)) === index + 1;
        const changes = [{ tenantId, entity: entity("alert", alert), number: index + 1, state }];
        const raised = {
          id: alert,
          tenantId,
          ruleId: id("alertRule", 1),
          vmId: alert,
          state: "pending",
          severity: "critical",
          message: "of a test",
          startedAt: new Date(),
        } as const;
        const write = () =>
          must(
            database.write({ tenantId }, async (tx) =>
              state === "pending"
                ? (await raiseAlerts(tx, [raised])) > 0
                : moveAlert(
                    tx,
                    state === "firing"
                      ? { id: alert, from: "pending", to: "firing" }
                      : { id: alert, from: "firing", to: "resolved" },
                  ),
            ),
          );
        yield { changes, write, isWritten };
      }
  }
}

const stepStates = ["pending", "in_progress", "completed"] as const;

/** Begins migrations and advances each through its phases to its end, one after the other. */
export async function* migrationSteps(place: Place): AsyncGenerator<Step, never> {
  const { tenantId, id } = place.tenant;
  const { database } = place;
  for (;;) {
    const vmId = newId();
    let migration = "";
    const change = (kind: "migration" | "step", ids: readonly (string | number)[], number: number, state: string) => ({
      tenantId,
      entity: entity(kind, ...ids),
      number,
      state,
    });
    const ofStep = (step: number, number: 0 | 1 | 2) => change("step", [migration, step], number, stepStates[number]);
    const user = id("user", 1);
    const begun = { vmId, sourceNodeId: null, destinationNodeId: null, initiatedBy: user, approvedBy: user };
    const beginning: Step = {
      changes: [],
      write: async () => {
        const ids = await database.write({ tenantId }, (tx) => beginVmMigrations(tx, [begun], new Date()));
        migration = ids[0] ?? "";
        beginning.changes = begins();
      },
      isWritten: async () => {
        const rows = await asOwner(
          place.ownerUrl,
          (sql) => sql<{ id: string }[]>`select id from migrations where vm_id = ${vmId}`,
        );
        migration = rows[0]?.id ?? "";
        beginning.changes = begins();
        return migration !== "";
      },
    };
    const begins = () => [
      change("migration", [migration], 1, "in_progress 0"),
      ...migrationPhases.map((_, step) => ofStep(step, step === 0 ? 1 : 0)),
    ];
    yield beginning;
    for (const step of migrationPhases.keys()) {
      const isLast = step === migrationPhases.length - 1;
      const state = isLast ? "completed 100" : `in_progress ${Math.floor((100 * (step + 1)) / migrationPhases.length)}`;
      yield {
        changes: [
          ofStep(step, 2),
          ...(isLast ? [] : [ofStep(step + 1, 1)]),
          change("migration", [migration], step + 2, state),
        ],
        write: () => must(database.write({ tenantId }, (tx) => advanceVmMigration(tx, migration))),
        isWritten: async () => (await versionOf(place, "migrations", "id", migration)) === step + 2,
      };
    }
  }
}
