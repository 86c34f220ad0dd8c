import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { domains } from "#db/columns.ts";
import type { TestDatabases } from "#tests/harness/server.ts";
import { tenancySuite } from "./tenancy-suite.ts";
import { seenInEveryTable, takenInEveryTable, twoTenants } from "./two-tenants.ts";

describe("by predicates alone, with row-level security disabled", () => {
  tenancySuite({ rowSecurity: false });

  let urls: TestDatabases;
  beforeAll(async () => {
    urls = await twoTenants({ rowSecurity: false });
  });
  afterAll(() => urls.drop());

  it.each(domains)("no query of the %s database sees another tenant's row in any table", async (domain) => {
    const seen = await seenInEveryTable(urls, domain);
    expect(seen.size).toBeGreaterThan(2);
    for (const [table, counts] of seen) {
      expect(counts.ours, table).toBeGreaterThan(0);
      expect(counts.theirs, table).toBe(0);
    }
  });

  it.each(domains)("no write to the %s database overwrites another tenant's row in any table", async (domain) => {
    const tables = await takenInEveryTable(urls, domain);
    expect(tables.size).toBeGreaterThan(1);
    expect([...tables].filter(([, row]) => row !== "kept")).toEqual([]);
  });
});
