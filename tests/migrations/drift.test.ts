import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type DrizzleSnapshotJSON, generateDrizzleJson, generateMigration } from "drizzle-kit/api";
import type postgres from "postgres";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Domain, domains } from "#db/columns.ts";
import { commonMigrationsFolder, migrationsFolder, readJournal } from "#db/migration-files.ts";
import { databaseSchema, domainSchema } from "./domain-schema.ts";
import { migratedDatabase } from "./migrated-database.ts";
import { scratchDatabase } from "./scratch-database.ts";

const folderOf = (domain: Domain | "common") =>
  domain === "common" ? commonMigrationsFolder : migrationsFolder(domain);

describe.each([...domains, "common"] as const)("the %s schema", (domain) => {
  it("describes nothing that its migrations lack", async () => {
    const meta = join(folderOf(domain), "meta");
    const [snapshot, ...older] = readdirSync(meta).filter((name) => name.endsWith("_snapshot.json"));
    expect(older).toEqual([]);
    const migrated = JSON.parse(readFileSync(join(meta, snapshot ?? ""), "utf8")) as DrizzleSnapshotJSON;
    const described = generateDrizzleJson(await domainSchema(domain), migrated.id);
    expect(await generateMigration(migrated, described)).toEqual([]);
  });

  it("has a journal that names every file of its migrations, and no other but those of templates", async () => {
    const files = readdirSync(folderOf(domain)).filter((name) => name.endsWith(".sql"));
    const tags = files.map((name) => name.replace(/(\.native|\.timescale)?\.sql$/, ""));
    const journal = await readJournal(folderOf(domain));
    const templates = (await readJournal(commonMigrationsFolder)).map(nameOf);
    const withFile = journal.filter((entry) => tags.includes(entry.tag) || !templates.includes(nameOf(entry)));
    expect(withFile.map(({ tag }) => tag)).toEqual([...new Set(tags)].sort());
    const times = journal.map(({ when }) => when);
    expect(times).toEqual([...times].sort((one, other) => one - other));
  });
});

const nameOf = ({ tag }: { tag: string }): string => tag.replace(/^\d+_/, "");

describe.each(domains)("the %s schema", (domain) => {
  it("case G26: matches a migrated database: columns, defaults, indexes, constraints and policies, each by its definition", async () => {
    const [migrated, described] = await Promise.all([migratedDatabase(domain), describedDatabase(domain)]);
    onTestFinished(async () => {
      await Promise.all([migrated.drop(), described.drop()]);
    });
    expect(await definitions(migrated.sql)).toEqual(await definitions(described.sql));
  });
});

it.each([
  ["an index that lost a column", `drop index idx_vms_state; create index idx_vms_state on vms (state)`],
  [
    "a check that allows more",
    "alter table vms drop constraint vms_deleted_at_check, add constraint vms_deleted_at_check check (true)",
  ],
  ["a policy that admits every tenant", "alter policy tenant_isolation on vms using (true)"],
  ["a default with another value", "alter table vms alter column state set default 'running'"],
])("case G26: %s is detected as a difference", async (_difference, change) => {
  const [migrated, described] = await Promise.all([migratedDatabase("vms"), describedDatabase("vms")]);
  onTestFinished(async () => {
    await Promise.all([migrated.drop(), described.drop()]);
  });
  await migrated.sql.unsafe(change);
  const found = await definitions(migrated.sql);
  expect(found.length).toBeGreaterThan(100);
  expect(found).not.toEqual(await definitions(described.sql));
});

/** Creates a database from what the Drizzle schema describes, without the migrations. */
async function describedDatabase(domain: Domain) {
  const database = await scratchDatabase();
  const empty = generateDrizzleJson({});
  for (const statement of await generateMigration(empty, generateDrizzleJson(await databaseSchema(domain), empty.id)))
    await database.sql.unsafe(statement);
  return database;
}

/** Returns the definitions of a database's tables in PostgreSQL's own notation, sorted. */
async function definitions(sql: postgres.Sql): Promise<string[]> {
  const found = await sql<{ definition: string }[]>`
    with tables as (
      select oid, relname, relrowsecurity from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v') and not relispartition
    )
    select format('%s row security %s', relname, relrowsecurity) as definition from tables
    union all
    select format('%s.%s %s%s %s %s', relname, attname, format_type(atttypid, atttypmod),
      case when attnotnull then ' not null' end, attgenerated, pg_get_expr(adbin, adrelid))
    from tables join pg_attribute on attrelid = tables.oid and attnum > 0 and not attisdropped
      left join pg_attrdef on adrelid = tables.oid and adnum = attnum
    union all
    -- An index of a partitioned table is "ON ONLY" it.
    select replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') from tables join pg_index on indrelid = oid
    union all
    -- PostgreSQL 18 lists NOT NULL here as well, under names that it makes up.
    select format('%s %s %s', relname, conname, pg_get_constraintdef(pg_constraint.oid))
    from tables join pg_constraint on conrelid = tables.oid where contype <> 'n'
    union all
    select format('%s policy %s for %s %s to %s using %s check %s', tablename, policyname, cmd, permissive, roles, qual, with_check)
    from pg_policies where schemaname = 'public'
    union all
    select format('%s enum %s', typname, string_agg(enumlabel, ', ' order by enumsortorder))
    from pg_type join pg_enum on enumtypid = pg_type.oid group by typname`;
  return found.map(({ definition }) => definition).sort();
}
