import { getTableColumns, getTableName, is } from "drizzle-orm";
import { PgTable } from "drizzle-orm/pg-core";
import { readFileSync } from "node:fs";
import { globSync } from "tinyglobby";
import { describe, expect, it, vi } from "vitest";
import { type Domain, domains } from "#db/columns.ts";
import type { Tx } from "#db/client.ts";
import type { Filter } from "#db/filters.ts";
import type * as listModule from "#db/list.ts";
import type * as statementModule from "#db/statement.ts";
import { asset } from "#lib/assets.ts";
import { domainSchema } from "#tests/migrations/domain-schema.ts";

/** Every statement that a module defines when it is loaded, and those that its lists define when a page of them is read. */
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

interface DefinedList {
  spec: listModule.ListSpec;
  /** Reads a page of the list, once for the list itself and once for each parent under which the module reads it. */
  reads: ((tx: Tx, args: listModule.ListArguments) => Promise<unknown>)[];
}
const lists = vi.hoisted((): DefinedList[] => []);
vi.mock("#db/list.ts", async (original) => {
  const real = await original<typeof listModule>();
  const defineList = (spec: listModule.ListSpec): listModule.List<unknown> => {
    const list = real.defineList(spec);
    const reads: DefinedList["reads"] = [(tx, args) => list.page(tx, args, true)];
    lists.push({ spec, reads });
    return {
      ...list,
      under: (belongsTo) => {
        const pages = list.under(belongsTo);
        reads.push((tx, args) => pages(tx, [id], args, true));
        return pages;
      },
    };
  };
  return { ...real, defineList };
});

const id = "0197a000-0000-7000-8000-000000000000";
const noRows = { tenantId: id, run: () => Promise.resolve([]) } as unknown as Tx;

/** Modules whose statements run under the system role, which crosses tenants, and the reason for each. */
const acrossTenants: Readonly<Record<string, string>> = {
  "db/auth/all-tenants.ts": "users of the platform see all tenants",
  "db/auth/audit-chain.ts": "the chains of all tenants are verified together",
  "db/auth/credentials.ts": "a credential does not contain its tenant",
  "db/auth/ended-sessions.ts": "sessions of all tenants are removed together",
  "db/scheduler/expired-reservations.ts": "reservations of all tenants expire together",
  "db/scheduler/placement-audit.ts": "the audit of placement compares the nodes with the claims of all tenants",
  "db/vms/busy-vms.ts": "the audit of placement leaves out the VMs of all tenants that operations work on",
  "db/vms/old-request-keys.ts": "idempotency keys of all tenants are removed together",
  "db/vms/ended-slots-writes.ts": "operations of all tenants end, and their slots are released together",
  "db/vms/unpurged-vms.ts": "deleted VMs of all tenants are purged together",
};

/** Tables with a tenant that no statement of a domain's modules touches, and what does. */
const usedElsewhere: Readonly<Record<string, string>> = {
  outbox_events: "the event log, under the system role",
  projected_vms: "the projection of the vms domain, under the system role; monitoring does not read it yet",
  allocation_fences: "its one statement inserts or updates the row of the transaction's tenant",
  metric_dirty_hours: "functions of the monitoring database",
};

async function statementsOf(module: string): Promise<string[]> {
  vi.resetModules();
  statements.length = 0;
  lists.length = 0;
  await import(asset(module));
  for (const { spec, reads } of lists) {
    const filters = [{}, ...Object.entries(spec.filters).map(([name, rule]) => ({ [name]: acceptedBy(rule, name) }))];
    for (const read of reads) for (const filter of filters) await read(noRows, { filter });
  }
  return statements.map((made) => made.text());
}

/** Returns a value that the filter accepts. */
function acceptedBy(rule: Filter, name: string): unknown {
  const values = [[id], "text", { from: new Date() }, { min: 1 }, [{ key: "k" }]];
  for (const value of values)
    try {
      rule(name, value, name);
      return value;
    } catch {
      // It is of another type.
    }
  throw new Error(`No value is known for the filter ${name}.`);
}

const count = (text: string, pattern: string) => text.match(new RegExp(pattern, "gi"))?.length ?? 0;

async function tenantTables(domain: Domain): Promise<string[]> {
  const schema = await domainSchema(domain);
  return Object.values(schema)
    .filter((value: unknown): value is PgTable => is(value, PgTable))
    .filter((table) => "tenantId" in getTableColumns(table) || getTableName(table) === "tenants")
    .map(getTableName);
}

describe.each(domains)("the statements of db/%s", (domain) => {
  it("read, change and remove rows of tables with a tenant only by the tenant predicate", async () => {
    const tables = await tenantTables(domain);
    const without: string[] = [];
    const touched = new Set<string>();
    let read = 0;
    for (const module of globSync(`db/${domain}/**/*.ts`, { ignore: "**/*.test.ts" })) {
      if (module in acrossTenants) continue;
      const texts = await statementsOf(module);
      read += lists.length;
      for (const text of texts) {
        for (const table of tables) {
          const touches = count(text, `\\b(from|join|update|using)\\s+"?${table}"?(?!\\w)`);
          if (touches === 0) continue;
          touched.add(table);
          const column = table === "tenants" ? "id" : "tenant_id";
          // The row of another table that has the tenant's predicate may bring the tenant. Built-in roles have none.
          const bound = count(text, `"${table}"\\."${column}" (= (\\$|"\\w+"\\."(tenant_id|id)")|is null)`);
          const isBound = /"tenant_id" = \$|"tenants"\."id" = \$/.test(text) && bound >= touches;
          if (!isBound) without.push(`${module}: ${table} in ${text}`);
        }
      }
    }
    expect(without).toEqual([]);
    expect(read).toBeGreaterThan(2);
    expect(tables.filter((table) => !touched.has(table) && !(table in usedElsewhere))).toEqual([]);
  });
});

it("the statements of db/operations/ name the tenant, except those that claim under the system role", async () => {
  const requests = await statementsOf("db/operations/requests.ts");
  const lacking = requests.filter((text) => !/"tenant_id" = \$|insert into "operations"/.test(text));
  expect(requests.length).toBeGreaterThan(10);
  // One claims what is due, one reads what was claimed, and one resumes what a worker knows again.
  expect(lacking).toHaveLength(3);
  expect(lacking.filter((text) => !/for update skip locked|operation_workers|and lease_id = \$/.test(text))).toEqual(
    [],
  );
});

it("the tenant predicate is written in one place, so that the proof of the other layer can remove it", () => {
  const written = globSync("db/**/*.ts").filter((file) =>
    /=\s*(any\()?\$\{sql\.placeholder\("tenantId"\)/.test(readFileSync(asset(file), "utf8")),
  );
  expect(written).toEqual(["db/tenant-predicate.ts"]);
});
