import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { domains, serviceRole } from "#db/columns.ts";
import { asOwner, type TestDatabases } from "#tests/harness/server.ts";
import { tenancySuite } from "./tenancy-suite.ts";
import { ours, tenantTableNames, theirs, twoTenants } from "./two-tenants.ts";

describe("by predicates and by row-level security", () => {
  tenancySuite({ rowSecurity: true });
});

let urls: TestDatabases;
beforeAll(async () => {
  urls = await twoTenants({ rowSecurity: true });
});
afterAll(() => urls.drop());

describe.each(domains)("row-level security of the %s database", (domain) => {
  it("hides another tenant's rows from a query without a predicate, and all rows when no tenant is set", async () => {
    await asOwner(urls.url(domain), async (sql) => {
      for (const name of await tenantTableNames(sql, domain)) {
        const tenant = name === "tenants" ? "id" : "tenant_id";
        const count = async (tenantId?: string) => {
          const [row] = await sql.begin(async (tx) => {
            await tx.unsafe(`set local role ${serviceRole(domain)}`);
            if (tenantId) await tx`select set_config('app.tenant_id', ${tenantId}, true)`;
            return tx.unsafe<{ ours: number; theirs: number }[]>(
              `select count(*) filter (where ${tenant} = '${ours.tenantId}')::int as ours,
                count(*) filter (where ${tenant} = '${theirs.tenantId}')::int as theirs from ${name}`,
            );
          });
          return row;
        };
        const [all] = await sql.unsafe<{ ours: number; theirs: number }[]>(
          `select count(*) filter (where ${tenant} = '${ours.tenantId}')::int as ours,
            count(*) filter (where ${tenant} = '${theirs.tenantId}')::int as theirs from ${name}`,
        );
        expect(all?.ours, `${name} has rows of both tenants`).toBeGreaterThan(0);
        expect(all?.theirs, `${name} has rows of both tenants`).toBeGreaterThan(0);
        expect(await count(ours.tenantId), name).toEqual({ ours: all?.ours, theirs: 0 });
        expect(await count(theirs.tenantId), name).toEqual({ ours: 0, theirs: all?.theirs });
        expect(await count(), name).toEqual({ ours: 0, theirs: 0 });
      }
    });
  });
});
