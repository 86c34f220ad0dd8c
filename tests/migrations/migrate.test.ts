import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { domains } from "#db/columns.ts";
import { migrateDomain, pendingMigrations } from "#db/migrate.ts";
import { domainJournal } from "#db/migration-files.ts";
import { bundle } from "#tests/harness/bundles.ts";
import { migratedAgainSuite } from "./migrated-again-suite.ts";
import { type ScratchDatabase, scratchDatabase } from "./scratch-database.ts";

let database: ScratchDatabase;
beforeEach(async () => {
  database = await scratchDatabase();
});
afterEach(() => database.drop());

describe.each(domains)("the %s database", (domain) => {
  it("is created from an empty one by all its migrations, in the order of the journal", async () => {
    const tags = (await domainJournal(domain)).map(({ tag }) => tag);
    expect(await pendingMigrations(database.url, domain)).toEqual(tags);
    expect(await migrateDomain(database.url, domain)).toEqual(tags);
    expect(await pendingMigrations(database.url, domain)).toEqual([]);
  });
});

describe("the vms database", () => {
  migratedAgainSuite("vms");
});

it("a database is migrated once when two processes request it at the same time", async () => {
  const program = bundle("tests/migrations/migrate-in-a-process.ts");
  const run = () => promisify(execFile)(process.execPath, [program, database.url, "vms"]);
  const outputs = await Promise.all([run(), run()]);
  const applied = outputs.flatMap(({ stdout }) => JSON.parse(stdout) as string[]);
  expect(applied).toEqual((await domainJournal("vms")).map(({ tag }) => tag));
});

it("a program refuses a database that a newer version has migrated", async () => {
  await migrateDomain(database.url, "scheduler");
  const future = Date.parse("2999-01-01T00:00:00Z");
  await database.sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('new', ${future})`;

  const refusal = { code: "MIGRATIONS_AHEAD", message: expect.stringContaining("2999-01-01") };
  await expect(migrateDomain(database.url, "scheduler")).rejects.toMatchObject(refusal);
  await expect(pendingMigrations(database.url, "scheduler")).rejects.toMatchObject(refusal);
});

it("a program that waits too long for another one's migration fails with MIGRATION_LOCK_TIMEOUT", async () => {
  const other = await database.sql.reserve();
  await other`select pg_advisory_lock(${0x6e6f7661})`;
  const migration = migrateDomain(database.url, "vms", { lockTimeoutMs: 50 });
  await expect(migration).rejects.toMatchObject({ code: "MIGRATION_LOCK_TIMEOUT" });
  other.release();
});

it("migrating leaves no connection open", async () => {
  await migrateDomain(database.url, "vms");
  await pendingMigrations(database.url, "vms");
  const open = await database.sql`
    select 1 from pg_stat_activity
    where datname = current_database() and application_name = 'novacron migrate'`;
  expect(open).toHaveLength(0);
});

describe("a folder of migrations", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "novacron-migrations-"));
    await mkdir(join(folder, "meta"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = async (files: Record<string, string>, tags: string[]) => {
    const entries = tags.map((tag, index) => ({ idx: index, when: 1000 + index, tag, breakpoints: true }));
    await writeFile(join(folder, "meta/_journal.json"), JSON.stringify({ entries }));
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  };

  it("is applied up to the migration that fails, which leaves no changes", async () => {
    await write(
      {
        "0000_good.sql": "create table good (id int);",
        "0001_bad.sql": "create table half (id int);\n--> statement-breakpoint\ncreate table half (id int);",
      },
      ["0000_good", "0001_bad"],
    );
    await expect(migrateDomain(database.url, "vms", { folder })).rejects.toMatchObject({
      code: "MIGRATION_FAILED",
      message: 'The migration vms/0001_bad, statement 2 of 2 failed: relation "half" already exists',
    });
    expect(await pendingMigrations(database.url, "vms", { folder })).toEqual(["0001_bad"]);
    const [found] = await database.sql`select to_regclass('good') as good, to_regclass('half') as half`;
    expect(found).toEqual({ good: "good", half: null });
  });

  it("may have one migration for each metric storage, of which one is applied", async () => {
    await write(
      {
        "0000_samples.native.sql": "create table samples_native (id int);",
        "0000_samples.timescale.sql": "create table samples_timescale (id int);",
      },
      ["0000_samples"],
    );
    expect(await migrateDomain(database.url, "monitoring", { folder })).toEqual(["0000_samples"]);
    const made = await database.sql`select relname from pg_class where relname ~ '^samples_'`;
    expect(made).toHaveLength(1);
  });

  it("may gain a migration older than those that were applied", async () => {
    await write({ "0001_late.sql": "create table late (id int);" }, ["0000_early", "0001_late"]);
    await writeFile(
      join(folder, "meta/_journal.json"),
      JSON.stringify({ entries: [{ when: 1001, tag: "0001_late" }] }),
    );
    await migrateDomain(database.url, "vms", { folder });
    await write({ "0000_early.sql": "create table early (id int);" }, ["0000_early", "0001_late"]);
    expect(await migrateDomain(database.url, "vms", { folder })).toEqual(["0000_early"]);
  });
});
