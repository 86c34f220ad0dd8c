import { readFileSync } from "node:fs";
import { type Column, getTableColumns, getTableName, is } from "drizzle-orm";
import { PgTable } from "drizzle-orm/pg-core";
import { globSync } from "tinyglobby";
import { describe, expect, it, vi } from "vitest";
import { domains, rowCounter } from "#db/columns.ts";
import type * as statementModule from "#db/statement.ts";
import { asset } from "#lib/assets.ts";

/** Every statement that a module defines when it is loaded. */
const statements = vi.hoisted((): statementModule.Statement<unknown>[] => []);
vi.mock("#db/statement.ts", async (original) => {
  const real = await original<typeof statementModule>();
  return {
    statement: (build: Parameters<typeof real.statement>[0]) => {
      const made = real.statement(build);
      statements.push(made);
      return made;
    },
  };
});

/** Statements that change a row without counting it, because they emit no event, each module with its reason. */
const uncounted: Readonly<Record<string, string>> = {
  "db/auth/mfa-writes.ts": "the second factor is no part of what consumers know of a user; the audit log records it",
  "db/auth/sign-in-writes.ts": "attempts and times of sign-ins are no part of it either, and would count each sign-in",
  "db/federation/provider-credentials.ts": "the rotation of keys seals the same credentials again",
};

async function countedTables(domain: string) {
  const schema = (await import(asset(`db/${domain}/schema/index.ts`))) as object;
  return Object.values(schema)
    .filter((value: unknown): value is PgTable => is(value, PgTable))
    .map((table) => ({
      name: getTableName(table),
      counter: rowCounter(table)?.name,
      updatedAt: (getTableColumns(table) as Record<string, Column>)["updatedAt"]?.name,
    }))
    .filter(({ counter, updatedAt }) => counter !== undefined || updatedAt !== undefined);
}

describe.each(domains)("the statements of db/%s", (domain) => {
  it("count every change of a row that counts its writes, except those that emit no event", async () => {
    const tables = await countedTables(domain);
    const wrong: string[] = [];
    let counting = 0;
    for (const module of globSync(`db/${domain}/*.ts`, { ignore: "**/*.test.ts" })) {
      vi.resetModules();
      statements.length = 0;
      await import(asset(module));
      for (const text of statements.map((made) => made.text())) {
        for (const { name, counter, updatedAt } of tables) {
          const changes = new RegExp(`update "${name}" set|insert into "${name}"[^]*do update\\s+set`, "i").test(text);
          if (!changes) continue;
          const counts =
            (counter === undefined || text.includes(`"${counter}" = "${name}"."${counter}" + 1`)) &&
            (updatedAt === undefined || text.includes(`"${updatedAt}" = now()`));
          if (counts) counting += 1;
          else if (!(module in uncounted) || text.includes(`as "__version"`)) wrong.push(`${module}: ${text}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(counting).toBeGreaterThan(0);
  });
});

it("no statement of db/ increments the counter of a row by itself", () => {
  const spelled = globSync(["db/**/*.ts", "!**/*.test.ts"]).filter((file) =>
    /\b(version|generation)"? = [^,\n]+ \+ 1\b/.test(readFileSync(asset(file), "utf8")),
  );
  expect(spelled).toEqual([]);
});
