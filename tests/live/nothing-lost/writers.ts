import { setTimeout as delay } from "node:timers/promises";
import { type Database, openDatabase } from "#db/client.ts";
import type { Fleet as TestRows } from "#tests/graph/rows.ts";
import { asOwner, type TestDatabases } from "#tests/harness/server.ts";
import { alertSteps, migrationSteps, type Step, vmSteps } from "./steps.ts";
import type { WrittenLog } from "./written-log.ts";

export interface Writers {
  /** Stops writing; resolves when every write is settled. */
  stop(): Promise<void>;
}

/** How often, and at what interval, the database is queried for a write whose acknowledgement was lost. */
const [maxWrites, writeEveryMs] = [300, 100];
const domains = ["vms", "monitoring", "federation"] as const;

/**
 * Starts writers that change VMs, alerts and migrations of these tenants through the domains' own functions, and log what was committed. @param paceMs
 * between two writes of one kind and tenant
 */
export async function startWriters(
  urls: TestDatabases,
  tenants: readonly TestRows[],
  log: WrittenLog,
  paceMs = 40,
): Promise<Writers> {
  const ending = new AbortController();
  const databases = await Promise.all(
    domains.map((domain) => openDatabase({ domain, url: urls.url(domain), maxConnections: 2 })),
  );
  const [vms, monitoring, federation] = databases as [Database, Database, Database];
  const place = (tenant: TestRows, database: Database) => ({
    tenant,
    database,
    ownerUrl: urls.url(database.domain),
  });
  const lines = tenants.flatMap((tenant) => [
    vmSteps(place(tenant, vms), 10),
    alertSteps(place(tenant, monitoring), 10),
    migrationSteps(place(tenant, federation)),
  ]);
  const writing = Promise.all(lines.map((steps) => write(steps, { log, paceMs, signal: ending.signal })));
  // A failure of it is reported when the writers are stopped.
  writing.catch(() => undefined);
  return {
    stop: async () => {
      ending.abort();
      await writing.finally(() => Promise.all(databases.map((database) => database.close())));
    },
  };
}

async function write(
  steps: AsyncGenerator<Step, never>,
  { log, paceMs, signal }: { log: WrittenLog; paceMs: number; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    const { value: step } = await steps.next();
    await settle(step);
    log.append(step.changes);
    await delay(paceMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Retries a write until it is committed, and writes it no second time. */
async function settle(step: Step): Promise<void> {
  let cause: unknown;
  for (let attempt = 1; attempt <= maxWrites; attempt += 1) {
    try {
      return await step.write();
    } catch (error) {
      cause = error;
    }
    if (await isWritten(step)) return;
    await delay(writeEveryMs);
  }
  throw new Error("A write was retried and never committed.", { cause });
}

async function isWritten(step: Step): Promise<boolean> {
  for (let attempt = 1; attempt <= maxWrites; attempt += 1) {
    const answer = await step.isWritten().catch(() => undefined);
    if (answer !== undefined) return answer;
    await delay(writeEveryMs);
  }
  throw new Error("The database did not become available again.");
}

/** Returns the state of every entity in the databases. */
export async function finalStates(urls: TestDatabases): Promise<Map<string, string>> {
  const of = (domain: (typeof domains)[number], text: string) =>
    asOwner(urls.url(domain), (sql) => sql.unsafe<{ entity: string; state: string }[]>(text));
  const rows = await Promise.all([
    of("vms", "select 'vm ' || id as entity, state from vms"),
    of("monitoring", "select 'alert ' || id as entity, state from alert_instances"),
    of(
      "federation",
      "select 'migration ' || id as entity, status || ' ' || progress_percentage as state from migrations",
    ),
    of(
      "federation",
      "select 'step ' || migration_id || ' ' || step_number as entity, status as state from migration_steps",
    ),
  ]);
  return new Map(rows.flat().map(({ entity, state }) => [entity, state]));
}
