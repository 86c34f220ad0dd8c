import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Domain, domains, serviceRole, systemRole } from "#db/columns.ts";
import { commonTables } from "#db/common/tables.ts";
import { migrateDomain } from "#db/migrate.ts";
import {
  domainJournal,
  type MetricStorage,
  migrationsFolder,
  readJournal,
  readMigration,
} from "#db/migration-files.ts";
import { onServer, type ScratchDatabase, scratchDatabase } from "./scratch-database.ts";
import { migratedDatabase } from "./migrated-database.ts";

/** The SHA-256 of each released migration by domain and file name, as it is in the journals of databases. A release adds its migrations. */
const released = JSON.parse(await readFile(new URL("released-migrations.json", import.meta.url), "utf8")) as Record<
  Domain,
  Record<string, string>
>;

describe.each(domains)("the released migrations of the %s database", (domain) => {
  it("run the text that they were released with, whether or not it comes from a template", async () => {
    const journal = await readJournal(migrationsFolder(domain));
    const hashes: Record<string, string> = {};
    for (const name of Object.keys(released[domain])) {
      const [tag, storage] = name.split(".");
      const entry = journal.find((each) => each.tag === tag);
      if (!entry) continue;
      const from = { domain, folder: migrationsFolder(domain) };
      hashes[name] = (await readMigration(from, entry, async () => storage as MetricStorage)).hash;
    }
    expect(hashes).toEqual(released[domain]);
    expect(Object.keys(hashes).length).toBeGreaterThan(4);
  });

  it("include those of the tables that every database has, each once", async () => {
    const journal = await domainJournal(domain);
    const names = journal.map(({ tag }) => tag.replace(/^\d+_/, ""));
    for (const name of [
      "secure_tables",
      "add_event_log",
      "secure_event_log",
      "refuse_repeated_writes",
      "add_operations",
      "secure_operations",
      "describe_operations",
      "add_operation_schedules",
      "secure_operation_schedules",
      "add_operation_workers",
      "secure_operation_workers",
      "disable_operation_schedules",
    ])
      expect(names.filter((each) => each === name)).toEqual([name]);
    // The domain's own journal lists the templates that were released as copies; the others come from the templates' journal.
    const own = await readJournal(migrationsFolder(domain));
    expect(journal.filter(({ when }) => own.some((entry) => entry.when === when))).toEqual(own);
  });
});

it("a new domain's database gets the tables that every database has without a migration of its own for them", async () => {
  const domain = `scratch_${randomBytes(4).toString("hex")}` as Domain;
  const folder = await mkdtemp(join(tmpdir(), "novacron-migrations-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, "meta"));
  const write = (entries: object[]) => writeFile(join(folder, "meta/_journal.json"), JSON.stringify({ entries }));
  const own = { when: Date.parse("2999-01-01"), tag: "0000_create_tables" };
  await write([own]);
  await writeFile(join(folder, "0000_create_tables.sql"), "create table things (id uuid primary key);");

  const journal = await domainJournal(domain, folder);
  expect(journal.at(-1)).toEqual(own);
  await write(journal);
  const made = await scratchDatabase();
  const known = await migratedDatabase("federation");
  onTestFinished(async () => {
    await Promise.all([made.drop(), known.drop()]);
    await onServer(`drop role if exists ${serviceRole(domain)}, ${systemRole(domain)}`);
  });
  expect(await migrateDomain(made.url, domain, { folder })).toEqual(journal.map(({ tag }) => tag));
  const found = await commonObjects(made, domain);
  expect(found).toEqual(await commonObjects(known, "federation"));
  expect(found.filter((each) => each.startsWith("table "))).toHaveLength(Object.keys(commonTables(domain)).length + 16);
  expect(await made.sql`select * from read_outbox(0, 10)`).toHaveLength(0);
});

/** Returns the tables, rights, policies and functions of the common migrations, with the domain's name replaced. */
async function commonObjects({ sql }: ScratchDatabase, domain: Domain): Promise<string[]> {
  const rows = await sql<{ object: string }[]>`
    with tables as (
      select relname, relacl from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
        and relname ~ '^(outbox_events|event_|consumed_events|executed_writes|operation|entity_changes)'
    ), functions as (
      select oid, proname, proacl from pg_proc
      where proname in ('announce_outbox_write', 'wake_relay', 'settled_outbox_id', 'read_outbox', 'ensure_change_partition', 'ensure_change_partitions',
        'drop_change_partitions', 'recorded_value', 'record_changes')
    )
    select format('table %s', relname) as object from tables
    union all
    select format('right to %s: %s', relname, acl) from tables, unnest(relacl) as acl
    union all
    select format('policy %s %s %s %s %s', tablename, policyname, roles, qual, with_check) from pg_policies
    where tablename in ('outbox_events', 'operations', 'operation_steps', 'entity_changes')
    union all
    select pg_get_functiondef(oid) from functions
    union all
    select format('right to %s: %s', proname, acl) from functions, unnest(coalesce(proacl, acldefault('f', 'novacron_owner'::regrole))) as acl`;
  return rows.map(({ object }) => object.replaceAll(`novacron_${domain}`, "novacron_{{domain}}")).sort();
}
