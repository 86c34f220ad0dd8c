import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type DrizzleSnapshotJSON, generateDrizzleJson, generateMigration } from "drizzle-kit/api";
import { describe, expect, it, onTestFinished } from "vitest";
import { domains } from "#db/columns.ts";
import { migrationsFolder, readJournal } from "#db/migration-files.ts";
import { domainSchema, domainTables } from "./domain-schema.ts";
import { migratedDatabase } from "./migrated-database.ts";

describe.each(domains)("the %s schema", (domain) => {
  it("has nothing that its migrations have not", async () => {
    const meta = join(migrationsFolder(domain), "meta");
    const newest =
      readdirSync(meta)
        .filter((name) => name.endsWith("_snapshot.json"))
        .sort()
        .at(-1) ?? "";
    const migrated = JSON.parse(readFileSync(join(meta, newest), "utf8")) as DrizzleSnapshotJSON;
    const described = generateDrizzleJson(await domainSchema(domain), migrated.id);
    expect(await generateMigration(migrated, described)).toEqual([]);
  });

  it("has a journal that names every file of its migrations, and no other", async () => {
    const files = readdirSync(migrationsFolder(domain)).filter((name) => name.endsWith(".sql"));
    const tags = files.map((name) => name.replace(/(\.native|\.timescale)?\.sql$/, ""));
    const journal = await readJournal(migrationsFolder(domain));
    expect(journal.map(({ tag }) => tag)).toEqual([...new Set(tags)].sort());
    const times = journal.map(({ when }) => when);
    expect(times).toEqual([...times].sort((one, other) => one - other));
  });

  it("is what a migrated database has: columns, indexes, checks and policies", async () => {
    const database = await migratedDatabase(domain);
    onTestFinished(() => database.drop());
    const found = await database.sql<{ fact: string }[]>`
      with tables as (
        select oid, relname from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v') and not relispartition
      )
      select format('%s.%s %s', relname, attname, format_type(atttypid, atttypmod)) ||
        case when attnotnull then ' not null' else '' end as fact
      from tables join pg_attribute on attrelid = oid and attnum > 0 and not attisdropped
      union all
      select format('%s index %s', relname, indexrelid::regclass)
      from tables join pg_index on indrelid = oid
        where not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u', 'x'))
      union all
      select format('%s check %s', relname, conname) from tables join pg_constraint on conrelid = tables.oid and contype = 'c'
      union all
      select format('%s policy %s', relname, polname) from tables join pg_policy on polrelid = tables.oid`;
    const described = (await domainTables(domain)).flatMap(({ name, columns, indexes, checks, policies }) => [
      ...columns.map(
        (column) => `${name}.${column.name} ${catalogueType(column.getSQLType())}${column.notNull ? " not null" : ""}`,
      ),
      ...indexes.map((index) => `${name} index ${index.config.name}`),
      ...checks.map((check) => `${name} check ${check.name}`),
      ...policies.map((policy) => `${name} policy ${policy.name}`),
    ]);
    expect(found.map(({ fact }) => fact).sort()).toEqual(described.sort());
  });
});

/** A type as the catalogue writes it. */
const catalogueType = (type: string): string =>
  type
    .replace(/^varchar/, "character varying")
    .replace(/^char\b/, "character")
    .replace(", ", ",");
