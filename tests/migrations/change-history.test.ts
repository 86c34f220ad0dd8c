import { getTableName } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { describe, expect, it, onTestFinished } from "vitest";
import { columnOf } from "#db/rows.ts";
import { domains } from "#db/columns.ts";
import { type History, recordChanges, undecided } from "#db/change-history/history.ts";
import { declaredHistories } from "./declared-histories.ts";
import { migratedDatabase } from "./migrated-database.ts";

interface Trigger {
  table: string;
  name: string;
  /** The arguments, each of which ends with a NUL. */
  declared: string;
}

describe.each(domains)("the change history of the %s database", (domain) => {
  it("records exactly the columns that the domain declares", async () => {
    const histories = await declaredHistories(domain);
    const { sql, drop } = await migratedDatabase(domain);
    onTestFinished(drop);
    const triggers = await sql<Trigger[]>`
      select relname as table, tgname as name, encode(tgargs, 'escape') as declared
      from pg_trigger join pg_class on pg_class.oid = tgrelid join pg_proc on pg_proc.oid = tgfoid
      where tgname ~ '^record_' and proname = 'record_' || relname and tgenabled = 'O' order by 1, 2`;
    const recorded = triggers.map(({ table, name, declared }) => [
      table,
      name,
      ...declared.split("\\000").slice(0, -1),
    ]);
    const wanted = histories
      .toSorted((one, other) => (getTableName(one.table) < getTableName(other.table) ? -1 : 1))
      .flatMap((history) =>
        ["record_delete", "record_insert", "record_update"].map((name) => [
          getTableName(history.table),
          name,
          ...argumentsOf(history),
        ]),
      );
    const outdated = histories.filter(
      ({ table }) =>
        JSON.stringify(recorded.filter(([name]) => name === getTableName(table))) !==
        JSON.stringify(wanted.filter(([name]) => name === getTableName(table))),
    );
    expect(outdated.map(recordChanges), "statements for a custom migration").toEqual([]);
    expect(recorded).toEqual(wanted);
  });

  it("has a decision about every column of every table that it records", async () => {
    for (const history of await declaredHistories(domain))
      expect([getTableName(history.table), undecided(history)]).toEqual([getTableName(history.table), []]);
  });

  it("records no column whose name is that of a secret", async () => {
    const secret = /hash|secret|password$|token|credential|encrypted|sealed|code$/i;
    for (const { recorded } of await declaredHistories(domain))
      expect(recorded.filter((property) => secret.test(property))).toEqual([]);
  });
});

function argumentsOf({ table, type, key, tenant, part, recorded, noted }: History): string[] {
  const names = (properties: readonly string[]) => properties.map((each) => nameOf(table, each)).join(",");
  return [type, nameOf(table, key), tenant === null ? "" : nameOf(table, tenant), part, names(recorded), names(noted)];
}

const nameOf = (table: PgTable, property: string): string => columnOf(table, property).name;
