import postgres from "postgres";
import { type Domain, serviceRole, systemRole } from "./columns.ts";
import { connect, type ConnectsTo } from "./connect-failure.ts";
import { MigrationError } from "./migration-error.ts";
import {
  domainJournal,
  type JournalEntry,
  type MigrationFile,
  migrationsFolder,
  readJournal,
  readMigration,
} from "./migration-files.ts";
import { detectMetricStorage } from "./monitoring/metric-storage.ts";
import { ensureRoles, quoted } from "./database-roles.ts";

export interface MigrateOptions {
  /** A folder whose migrations are applied, and no others; by default those of the domain and those that every database has. */
  folder?: string;
  /** How long to wait for another program that migrates the same database, and for locks on tables in use. */
  lockTimeoutMs?: number;
}

/**
 * Brings one domain's database up to date: its roles, then every migration that is not applied yet, each in a transaction of its own. When two programs call
 * this at once, the second waits and then finds nothing to do.
 *
 * The journal table is Drizzle's, so that drizzle-kit reads it as well. Drizzle's own runner is not used: it runs all migrations in one transaction, skips one
 * that is older than the newest applied, and has no variants.
 *
 * @param url connects as the owner, directly: the lock belongs to the session, which a transaction pooler would share.
 * @returns the tags of the migrations that were applied now.
 * @throws MigrationError
 */
export const migrateDomain = (url: string, domain: Domain, options: MigrateOptions = {}): Promise<string[]> =>
  withConnection({ domain, url }, async (sql) => {
    await ensureRoles(sql, domain);
    await lockMigrations(sql, options.lockTimeoutMs ?? 60_000);
    await sql`create schema if not exists drizzle`;
    await sql`create table if not exists drizzle.__drizzle_migrations (
      id serial primary key, hash text not null, created_at bigint)`;
    await sql.unsafe(journalGrants(domain)).simple();

    const applied: string[] = [];
    const from = { domain, folder: options.folder ?? migrationsFolder(domain) };
    for (const entry of await pendingEntries(sql, await journal(domain, options))) {
      const migration = await readMigration(from, entry, () => detectMetricStorage(sql));
      await applyMigration(sql, domain, migration);
      applied.push(entry.tag);
    }
    return applied;
  });

/** Services and jobs refuse to start on a schema other than theirs. */
const journalGrants = (domain: Domain): string => {
  const roles = [serviceRole(domain), systemRole(domain)].map(quoted).join();
  return `grant usage on schema drizzle to ${roles}; grant select on drizzle.__drizzle_migrations to ${roles};`;
};

/**
 * Returns the tags of the migrations that a domain's database still lacks, oldest first. Changes nothing.
 * @throws MigrationError `MIGRATIONS_AHEAD`
 */
export const pendingMigrations = (url: string, domain: Domain, options: MigrateOptions = {}): Promise<string[]> =>
  withConnection({ domain, url }, async (sql) => {
    const entries = await pendingEntries(sql, await journal(domain, options));
    return entries.map(({ tag }) => tag);
  });

const withConnection = async <T>(to: ConnectsTo, use: (sql: postgres.Sql) => Promise<T>): Promise<T> => {
  const sql = postgres(to.url, {
    max: 1,
    onnotice: () => {},
    connection: { application_name: "novacron migrate" },
  });
  try {
    await connect(sql, to);
    return await use(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
};

// "nova" in ASCII, so that it does not collide with another program's lock. Advisory locks are per database.
const migrationLock = 0x6e6f7661;
const lockNotAvailable = "55P03";

/** Acquires the lock, which is held until the connection ends. */
const lockMigrations = async (sql: postgres.Sql, timeoutMs: number): Promise<void> => {
  await sql`select set_config('lock_timeout', ${String(timeoutMs)}, false)`;
  try {
    await sql`select pg_advisory_lock(${migrationLock})`;
  } catch (error) {
    if (!(error instanceof postgres.PostgresError) || error.code !== lockNotAvailable) throw error;
    const message = `Another program has been migrating this database for more than ${timeoutMs / 1000} s.`;
    throw new MigrationError("MIGRATION_LOCK_TIMEOUT", message, { cause: error });
  }
};

const journal = (domain: Domain, { folder }: MigrateOptions): Promise<JournalEntry[]> =>
  folder === undefined ? domainJournal(domain) : readJournal(folder);

const pendingEntries = async (sql: postgres.Sql, entries: readonly JournalEntry[]): Promise<JournalEntry[]> => {
  const applied = await appliedTimes(sql);
  const known = new Set(entries.map(({ when }) => when));
  const unknown = [...applied].filter((when) => !known.has(when));
  if (unknown.length > 0) {
    const newest = new Date(Math.max(...unknown)).toISOString();
    throw new MigrationError(
      "MIGRATIONS_AHEAD",
      `The database has ${unknown.length} migration(s) that this program does not know, the newest of ${newest}. ` +
        "It was migrated by a newer program: use that one.",
    );
  }
  return entries.filter(({ when }) => !applied.has(when));
};

const appliedTimes = async (sql: postgres.Sql): Promise<Set<number>> => {
  const [table] = await sql<{ exists: boolean }[]>`
    select to_regclass('drizzle.__drizzle_migrations') is not null as exists`;
  if (table?.exists !== true) return new Set();
  const rows = await sql<{ createdAt: string }[]>`
    select created_at::text as "createdAt" from drizzle.__drizzle_migrations`;
  return new Set(rows.map(({ createdAt }) => Number(createdAt)));
};

const applyMigration = async (sql: postgres.Sql, domain: Domain, migration: MigrationFile): Promise<void> => {
  let position = 0;
  try {
    await sql.begin(async (tx) => {
      for (const statement of migration.statements) {
        position++;
        await tx.unsafe(statement);
      }
      await tx`insert into drizzle.__drizzle_migrations (hash, created_at) values (${migration.hash}, ${migration.when})`;
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const place = `${domain}/${migration.tag}, statement ${position} of ${migration.statements.length}`;
    throw new MigrationError("MIGRATION_FAILED", `The migration ${place} failed: ${reason}`, { cause: error });
  }
};
