import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { domains } from "#db/columns.ts";
import { noLimits } from "#gateway/limits/limits.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import type { TestDatabases } from "#tests/harness/server.ts";
import { connectionFields, graphSchema } from "./graph-schema.ts";
import type { Kind } from "./kinds.ts";
import { tenancySuite } from "./tenancy-suite.ts";
import { disableRowSecurity, ours, seenInEveryTable, takenInEveryTable, theirs, twoTenants } from "./two-tenants.ts";

vi.mock("#db/tenant-predicate.ts", () => import("./no-tenant-predicate.ts"));

describe("by row-level security alone, with no tenant predicate in any statement", () => {
  tenancySuite({ rowSecurity: true });
});

describe("without tenant predicates,", () => {
  let urls: TestDatabases;
  beforeAll(async () => {
    urls = await twoTenants({ rowSecurity: true });
  });
  afterAll(() => urls.drop());

  describe.each(domains)("in the %s database", (domain) => {
    it("queries and writes reach another tenant's rows in every table only while row-level security is disabled", async () => {
      const stopped = await seenInEveryTable(urls, domain);
      expect(stopped.size).toBeGreaterThan(2);
      for (const [table, { ours: own, theirs: foreign }] of stopped) {
        expect(own, table).toBeGreaterThan(0);
        expect(foreign, table).toBe(0);
      }
      const kept = await takenInEveryTable(urls, domain);
      expect(kept.size).toBeGreaterThan(1);
      for (const [table, row] of kept) expect(row, table).toBe("kept");

      await disableRowSecurity(urls, [domain]);
      for (const [table, { theirs: foreign }] of await seenInEveryTable(urls, domain)) {
        expect(foreign, table).toBeGreaterThan(0);
      }
      for (const [table, row] of await takenInEveryTable(urls, domain)) expect(row, table).not.toBe("kept");
    });
  });
});

// Without this test the others would prove nothing: a predicate might remain somewhere.
describe("with neither layer", () => {
  let product: TestProduct;
  beforeAll(async () => {
    product = await bootProduct({
      operationLimits: noLimits,
      tenantId: ours.tenantId,
      urls: await twoTenants({ rowSecurity: false }),
    });
  });
  afterAll(() => product.stop());

  it("every list at the root of the graph shows another tenant's objects, and every look-up finds one", async () => {
    const schema = await graphSchema(product);
    for (const { name, field } of connectionFields(schema, ours)) {
      if (!name.startsWith("Query.")) continue;
      const { data, errors } = await product.ask(`{ ${field}(first: 100) { nodes { id } } }`);
      expect(errors, name).toEqual([]);
      expect(JSON.stringify(data), name).toMatch(/0197a000-0002-/);
    }
    for (const { name, args } of Object.values(schema.getQueryType()?.getFields() ?? {})) {
      if (args[0]?.name !== "id") continue;
      const id = theirs.id(name as Kind);
      expect((await product.ask(`{ ${name}(id: "${id}") { id } }`)).data, name).toEqual({ [name]: { id } });
    }
  });
});
