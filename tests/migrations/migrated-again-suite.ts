import { afterEach, beforeEach, expect, it } from "vitest";
import type { Domain } from "#db/columns.ts";
import { migrateDomain } from "#db/migrate.ts";
import { domainJournal } from "#db/migration-files.ts";
import { type ScratchDatabase, scratchDatabase } from "./scratch-database.ts";

/** Declares the tests of a database that is migrated more than once. */
export function migratedAgainSuite(domain: Domain): void {
  let database: ScratchDatabase;
  beforeEach(async () => {
    database = await scratchDatabase();
  });
  afterEach(() => database.drop());

  it("is not changed by migrating it again", async () => {
    await migrateDomain(database.url, domain);
    const before = await catalogue(database);
    expect(await migrateDomain(database.url, domain)).toEqual([]);
    expect(await catalogue(database)).toEqual(before);
  });

  it("is migrated once when two callers request it at the same time", async () => {
    const [one, other] = await Promise.all([migrateDomain(database.url, domain), migrateDomain(database.url, domain)]);
    expect([...one, ...other]).toEqual((await domainJournal(domain)).map(({ tag }) => tag));
  });
}

/** Returns every relation and function with the values that identify its present form. */
const catalogue = ({ sql }: ScratchDatabase) => sql`
  select 'relation' as kind, oid::text, relname as name, relfilenode::text as form from pg_class
  where relnamespace = 'public'::regnamespace
  union all
  select 'function', oid::text, proname, xmin::text from pg_proc where pronamespace = 'public'::regnamespace
  order by 1, 2`;
