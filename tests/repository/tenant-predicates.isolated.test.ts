import { getTableColumns, getTableName, is } from "drizzle-orm";
import { PgTable } from "drizzle-orm/pg-core";
import { readFileSync } from "node:fs";
import { globSync } from "tinyglobby";
import { describe, expect, it, vi } from "vitest";
import { domains } from "#db/columns.ts";
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

/** Modules whose statements run under the system role, which crosses tenants, and the reason for each. */
const acrossTenants: Readonly<Record<string, string>> = {
  "db/auth/all-tenants.ts": "users of the platform see all tenants",
  "db/auth/audit-chain.ts": "the chains of all tenants are verified together",
  "db/auth/credentials.ts": "a credential does not contain its tenant",
};

async function statementsOf(module: string): Promise<string[]> {
  vi.resetModules();
  statements.length = 0;
  await import(asset(module));
  return statements.map((made) => made.text());
}

async function tenantTables(domain: string): Promise<string[]> {
  const schema = (await import(asset(`db/${domain}/schema/index.ts`))) as object;
  return Object.values(schema)
    .filter((value: unknown): value is PgTable => is(value, PgTable))
    .filter((table) => "tenantId" in getTableColumns(table) || getTableName(table) === "tenants")
    .map(getTableName);
}

describe.each(domains)("the statements of db/%s", (domain) => {
  it("read, change and remove rows of tables with a tenant only by the tenant predicate", async () => {
    const tables = await tenantTables(domain);
    const without: string[] = [];
    let touching = 0;
    for (const module of globSync(`db/${domain}/*.ts`, { ignore: "**/*.test.ts" })) {
      if (module in acrossTenants) continue;
      for (const text of await statementsOf(module)) {
        for (const table of tables) {
          const touches = new RegExp(`\\b(from|join|update|using)\\s+"?${table}"?\\b`, "i").test(text);
          if (!touches) continue;
          touching += 1;
          const column = table === "tenants" ? "id" : "tenant_id";
          if (!text.includes(`"${table}"."${column}" = $`)) without.push(`${module}: ${text}`);
        }
      }
    }
    expect(without).toEqual([]);
    expect(touching).toBeGreaterThan(0);
  });
});

it("the tenant predicate is written in one place, so that the proof of the other layer can remove it", () => {
  const written = globSync("db/**/*.ts").filter((file) =>
    /=\s*(any\()?\$\{sql\.placeholder\("tenantId"\)/.test(readFileSync(asset(file), "utf8")),
  );
  expect(written).toEqual(["db/tenant-predicate.ts"]);
});
