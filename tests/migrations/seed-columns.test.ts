import { describe, expect, it, onTestFinished } from "vitest";
import { domains } from "#db/columns.ts";
import { migratedDatabase } from "./migrated-database.ts";
import { readSeed } from "./seed.ts";
import { readSeedColumns } from "./seed-columns.ts";

const places = readSeedColumns();

it("docs/seed-columns.md has every column, enum value and index of the seed, once", () => {
  const seed = readSeed();
  const named = (kind: string) =>
    places.filter((place) => place.kind === kind).map(({ database, seed: name }) => `${database}.${name}`);
  expect(named("Columns")).toEqual(seed.columns);
  expect(named("Enum values")).toEqual(seed.enumValues);
  expect(named("Indexes")).toEqual(seed.indexes);
  expect([seed.columns.length, seed.enumValues.length, seed.indexes.length]).toEqual([355, 88, 36]);
});

describe.each(domains)("in the %s database", (domain) => {
  it("everything of the seed is where docs/seed-columns.md states", async () => {
    const { sql, drop } = await migratedDatabase(domain);
    onTestFinished(drop);
    const found = await sql<{ fact: string }[]>`
      select format('Columns %s.%s', relname, attname) as fact
      from pg_class join pg_attribute on attrelid = oid and attnum > 0 and not attisdropped
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')
      union all
      select format('Enum values %s.%s', typname, enumlabel) from pg_enum join pg_type on pg_type.oid = enumtypid
      union all
      select format('Indexes %s.%s', tablename, indexname) from pg_indexes where schemaname = 'public'`;
    const facts = new Set(found.map(({ fact }) => fact));
    const expected = places.filter(({ database }) => database === domain);
    const missing = expected.filter(({ kind, place, name }) => !facts.has(`${kind} ${place}.${name}`));
    expect(missing).toEqual([]);
    expect(expected.length).toBeGreaterThan(0);
  });
});
