import { sql } from "drizzle-orm";
import type { Domain } from "#db/columns.ts";
import { type Database, openDatabase, type WriteTx } from "#db/client.ts";
import { advanceMigration, beginMigrations } from "#db/federation/migration-writes.ts";
import { migrationPhases } from "#db/federation/schema/migrations.ts";
import { moveAlert, raiseAlerts } from "#db/monitoring/alert-writes.ts";
import { statement } from "#db/statement.ts";
import { changeStates } from "#db/vms/state-writes.ts";
import { pause } from "#lib/pause.ts";
import { newId } from "#lib/uuid.ts";
import type { Fleet } from "#tests/graph/rows.ts";
import type { Told, Written } from "./checker.ts";

/** A write, what is told of it, and how to find out whether it was done when nobody has said so. */
interface Write {
  database: Database;
  run(tx: WriteTx): Promise<unknown>;
  events: Told[];
  wasDone(tx: WriteTx): Promise<boolean>;
}

type WrittenDatabases = Record<"vms" | "monitoring" | "federation", Database>;

/** Changes VMs, alerts and migrations of a tenant by the domains' own writes, and keeps a log of what was acknowledged, outside the product. */
export class Writers {
  readonly written: Written[] = [];
  readonly #fleet: Fleet;
  readonly #databases: WrittenDatabases;
  readonly #stopping = new AbortController();
  readonly #running: Promise<unknown>[] = [];

  static async of(fleet: Fleet, url: (domain: Domain) => string): Promise<Writers> {
    const open = (domain: Domain) => openDatabase({ domain, url: url(domain), maxConnections: 2 });
    const [vms, monitoring, federation] = await Promise.all([open("vms"), open("monitoring"), open("federation")]);
    return new Writers(fleet, { vms, monitoring, federation });
  }

  private constructor(fleet: Fleet, databases: WrittenDatabases) {
    this.#fleet = fleet;
    this.#databases = databases;
  }

  /** @param pauseMs from one write of a kind to the next */
  start(pauseMs: number): void {
    for (const writes of [this.#states(), this.#alerts(), this.#migrations()])
      this.#running.push(this.#write(writes, pauseMs));
  }

  /** Ends after the write that is under way, when it is known whether it was done. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running);
  }

  async close(): Promise<void> {
    await this.stop();
    await Promise.all(Object.values(this.#databases).map((database) => database.close()));
  }

  async #write(writes: Iterable<Write>, pauseMs: number): Promise<void> {
    const { tenantId } = this.#fleet;
    for (const { database, run, events, wasDone } of writes) {
      const scope = { tenantId, actor: "command:test" };
      // One that was not done is written again.
      let isDone = false;
      while (!isDone && !this.#stopping.signal.aborted)
        isDone = await database.write(scope, run).then(
          () => true,
          () => this.#settled(() => database.write(scope, wasDone)),
        );
      if (isDone) for (const event of events) this.written.push({ tenantId, ...event });
      await pause(pauseMs, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return;
    }
  }

  /** Asks until the database answers. */
  async #settled(ask: () => Promise<boolean>): Promise<boolean> {
    for (let attempt = 0; attempt < 600; attempt += 1) {
      try {
        return await ask();
      } catch {
        await pause(50, new AbortController().signal);
      }
    }
    throw new Error("The database did not come back.");
  }

  /** VMs stop and go on, one after the other. */
  *#states(): Generator<Write> {
    const initiatedBy = this.#fleet.id("user", 1);
    // Like none that other writers have given.
    const run = newId();
    for (let number = 0; ; number += 1) {
      const vmId = this.#fleet.id("vm", (number % vmCount) + 1);
      const isPaused = Math.floor(number / vmCount) % 2 === 1;
      const [from, to] = isPaused ? (["paused", "running"] as const) : (["running", "paused"] as const);
      const reason = `${run}-${number}`;
      yield {
        database: this.#databases.vms,
        run: async (tx) => {
          const moved = await changeStates(tx, [{ vmId, from, to, reason, initiatedBy }]);
          if (moved.length === 0) throw new Error("It was in another state.");
        },
        events: [{ entity: `vm ${vmId}`, event: `${reason} ${to.toUpperCase()}` }],
        wasDone: (tx) => exists(tx, "vm_state_transitions", sql`vm_id = ${vmId} and reason = ${reason}`),
      };
    }
  }

  /** Alerts are raised, fire and are resolved, one VM's after the other's. */
  *#alerts(): Generator<Write> {
    const { tenantId, id } = this.#fleet;
    for (let number = 0; ; number += 1) {
      const alertId = newId();
      const vm = (number % vmCount) + 1;
      const of = { database: this.#databases.monitoring };
      const told = (version: number, state: string) => [
        { entity: `alert ${alertId}`, event: `${version} ${state.toUpperCase()}` },
      ];
      const wasDone = (version: number) => (tx: WriteTx) =>
        exists(tx, "alert_instances", sql`id = ${alertId} and version >= ${version}`);
      const alert = {
        id: alertId,
        tenantId,
        // The rule and the VM of no other open alert.
        ruleId: id("alertRule", vm),
        vmId: id("vm", (vm % vmCount) + 1),
        state: "pending" as const,
        severity: "warning" as const,
        message: "of a test",
        startedAt: new Date(),
      };
      yield {
        ...of,
        run: async (tx) => {
          if ((await raiseAlerts(tx, [alert])) === 0) throw new Error("There is an open one.");
        },
        events: told(1, "pending"),
        wasDone: wasDone(1),
      };
      for (const [version, from, to] of [
        [2, "pending", "firing"],
        [3, "firing", "resolved"],
      ] as const)
        yield {
          ...of,
          run: async (tx) => {
            if (!(await moveAlert(tx, { id: alertId, from, to }))) throw new Error("It was in another state.");
          },
          events: told(version, to),
          wasDone: wasDone(version),
        };
    }
  }

  /** Migrations go through all of their steps, one after the other. */
  *#migrations(): Generator<Write> {
    const { id } = this.#fleet;
    const database = this.#databases.federation;
    for (let number = 0; ; number += 1) {
      let migration = "";
      const vmId = id("vm", (number % vmCount) + 1);
      const isBegun = (tx: WriteTx) => exists(tx, "migrations", sql`id = ${migration || newId()}`);
      const begun: Write["events"] = [];
      yield {
        database,
        run: async (tx) => {
          const move = { vmId, sourceNodeId: null, destinationNodeId: null };
          const people = { initiatedBy: id("user", 1), approvedBy: id("user", 1) };
          [migration = ""] = await beginMigrations(tx, [{ ...move, ...people }], new Date());
          begun.splice(0, begun.length, { entity: `migration ${migration}`, event: "1 IN_PROGRESS" });
          for (const step of migrationPhases.keys())
            begun.push(stepEvent(migration, step, step === 0 ? "IN_PROGRESS" : "PENDING"));
        },
        events: begun,
        wasDone: isBegun,
      };
      for (const step of migrationPhases.keys()) {
        const isLast = step === migrationPhases.length - 1;
        yield {
          database,
          run: async (tx) => {
            if (!(await advanceMigration(tx, migration))) throw new Error("It does not go on.");
          },
          events: [
            stepEvent(migration, step, "COMPLETED"),
            ...(isLast ? [] : [stepEvent(migration, step + 1, "IN_PROGRESS")]),
            { entity: `migration ${migration}`, event: `${step + 2} ${isLast ? "COMPLETED" : "IN_PROGRESS"}` },
          ],
          wasDone: (tx) => exists(tx, "migrations", sql`id = ${migration} and version >= ${step + 2}`),
        };
      }
    }
  }
}

/** How many VMs of the fleet are changed. */
export const vmCount = 6;

const stepEvent = (migration: string, step: number, status: string) => ({
  entity: `step ${migration} ${step}`,
  event: status,
});

async function exists(tx: WriteTx, table: string, condition: ReturnType<typeof sql>): Promise<boolean> {
  const asked = statement<{ found: boolean }>(
    () => sql`select exists (select from ${sql.identifier(table)} where ${condition}) as found`,
  );
  return (await tx.run(asked, {}))[0]?.found ?? false;
}
