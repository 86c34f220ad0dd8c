import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getTableName } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { describe, expect, it, onTestFinished } from "vitest";
import { columnOf } from "#db/rows.ts";
import { type Domain, domains } from "#db/columns.ts";
import { type History, recordChanges, undecided } from "#db/change-history/history.ts";
import { migrateDomain } from "#db/migrate.ts";
import { domainJournal, migrationsFolder } from "#db/migration-files.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { declaredHistories } from "./declared-histories.ts";
import { migratedDatabase } from "./migrated-database.ts";
import { scratchDatabase } from "./scratch-database.ts";

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

  it("records no document but those whose shape has no room for a secret", async () => {
    const documents = (await declaredHistories(domain)).flatMap(({ table, recorded }) =>
      recorded
        .filter((property) => columnOf(table, property).getSQLType() === "jsonb")
        .map((property) => `${getTableName(table)}.${property}`),
    );
    expect(documents.filter((document) => !closedDocuments.includes(document))).toEqual([]);
  });
});

/** Documents of a shape that the product defines: amounts, names of permissions and regions, labels and tags. */
const closedDocuments = [
  "api_keys.permissions",
  "api_keys.scopes",
  "roles.permissions",
  "vms.resourceConfig",
  "vms.tags",
  "vm_templates.resourceConfig",
  "vm_templates.tags",
  "alert_rules.scope",
  "alert_rules.labels",
  "alert_instances.labels",
  "cloud_providers.regions",
  "multicloud_vms.tags",
  "nodes.capacity",
  "nodes.allocatable",
  "nodes.allocationRules",
  "nodes.labels",
  "nodes.taints",
  "scaling_recommendations.currentResources",
  "scaling_recommendations.recommendedResources",
];

function argumentsOf({ table, type, key, tenant, part, recorded, noted }: History): string[] {
  const names = (properties: readonly string[]) => properties.map((each) => nameOf(table, each)).join(",");
  return [type, nameOf(table, key), tenant === null ? "" : nameOf(table, tenant), part, names(recorded), names(noted)];
}

const nameOf = (table: PgTable, property: string): string => columnOf(table, property).name;

/** Returns a folder with the migrations of a domain that come before the one with this name. */
async function migrationsBefore(domain: Domain, name: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "migrations-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(migrationsFolder(domain), folder, { recursive: true });
  const all = await domainJournal(domain);
  const entries = all.slice(
    0,
    all.findIndex(({ tag }) => tag.endsWith(name)),
  );
  expect(entries.length).toBeGreaterThan(0);
  writeFileSync(join(folder, "meta/_journal.json"), JSON.stringify({ entries }));
  return folder;
}

it("a database with rows records their changes from its upgrade on", async () => {
  const folder = await migrationsBefore("vms", "_add_entity_changes");
  const { url, sql, drop } = await scratchDatabase();
  onTestFinished(drop);
  await migrateDomain(url, "vms", { folder });
  const insert = (name: string) => sql`
    insert into vms (name, hypervisor_type, owner_id, tenant_id, resource_config)
    values (${name}, 'kvm', ${platformTenantId}, ${platformTenantId}, '{}')`;
  await insert("old");
  await migrateDomain(url, "vms");
  await sql`update vms set description = 'changed'`;
  await insert("new");
  expect([...(await sql`select kind, fields from entity_changes order by changed_at`)]).toEqual([
    { kind: "UPDATED", fields: { description: [null, "changed"] } },
    { kind: "CREATED", fields: {} },
  ]);
});

it("documents that were recorded before are withheld after the upgrade", async () => {
  const folder = await migrationsBefore("federation", "_record_no_open_documents");
  const { url, sql, drop } = await scratchDatabase();
  onTestFinished(drop);
  await migrateDomain(url, "federation", { folder });
  await sql`insert into compliance_policies (tenant_id, name, framework, rules) values (${platformTenantId}, 'a', 'gdpr', '{"key": "old secret"}')`;
  await sql`update compliance_policies set name = 'b', rules = '{"key": "new secret"}'`;
  await sql`delete from compliance_policies`;
  await migrateDomain(url, "federation");
  const changes = await sql<{ kind: string; fields: Record<string, unknown> }[]>`
    select kind, fields from entity_changes order by changed_at`;
  expect(changes.map(({ kind, fields: { name, rules } }) => [kind, name, rules])).toEqual([
    ["CREATED", undefined, undefined],
    ["UPDATED", ["a", "b"], []],
    ["DELETED", ["b", null], undefined],
  ]);
  expect(JSON.stringify(changes)).not.toContain("secret");
});
