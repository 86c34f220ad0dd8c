import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { getTableName, is } from "drizzle-orm";
import { PgTable } from "drizzle-orm/pg-core";
import {
  type ConstDirectiveNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
} from "graphql";
import { globSync } from "tinyglobby";
import { describe, expect, it } from "vitest";
import { type Domain, domains } from "#db/columns.ts";
import * as commonTables from "#db/common/schema.ts";
import type { Catalogue } from "#events/catalogue.ts";
import { eventCatalogue } from "#events/event.ts";
import { operationType } from "#lib/operations/operation-id.ts";
import { domainSchema } from "#tests/migrations/domain-schema.ts";

const schemas = Object.fromEntries(
  await Promise.all(domains.map(async (domain) => [domain, await domainSchema(domain)] as const)),
) as Record<Domain, object>;
const catalogue: Record<Domain, Catalogue> = eventCatalogue;

const page = readFileSync("docs/names.md", "utf8");
const [, exceptionsPart = "", internalPart = ""] = page.split(/^## /m);
const rowsOf = (part: string): string[][] =>
  part
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2)
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
const codeIn = (cell = ""): string[] => [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);

interface Exception {
  domain: string;
  table: string;
  type: string;
  event: string;
}
const exceptions = rowsOf(exceptionsPart).map(([domain = "", table, type, event]): Exception => {
  const [tableName = "", typeName = "", eventName = ""] = [table, type, event].map((cell) => codeIn(cell)[0]);
  return { domain, table: tableName, type: typeName, event: eventName };
});
const internal = rowsOf(internalPart).flatMap(([tables]) => codeIn(tables));

/** The tables of VMs' migrations say in their file names that they are no migrations of a schema. */
const fileOf = (table: string): string => `${/^migrations?_?/.test(table) ? "vm-" : ""}${table.replaceAll("_", "-")}`;
const singular = (table: string): string => table.replace(/ies$/, "y").replace(/s$/, "");
const plural = (name: string): string => (name.endsWith("s") ? name : name.replace(/y$/, "ie").concat("s"));
const pascal = (name: string): string => name.replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
const snake = (type: string): string => type.replaceAll(/(?<!^)([A-Z])/g, "_$1").toLowerCase();

const tablesIn = (schema: object): string[] =>
  Object.values(schema)
    .filter((each) => is(each, PgTable))
    .map((table) => getTableName(table));
const tablesOf = (domain: Domain): string[] => tablesIn(schemas[domain]);
const typeOf = (domain: string, table: string): string =>
  exceptions.find((each) => each.domain === domain && each.table === table)?.type ?? pascal(singular(table));
const isKey = ({ name, arguments: args = [] }: ConstDirectiveNode): boolean =>
  name.value === "key" && !args.some((argument) => argument.name.value === "resolvable");
const typesOf = (domain: Domain): (InterfaceTypeDefinitionNode | ObjectTypeDefinitionNode)[] =>
  parse(readFileSync(`subgraphs/${domain}/schema.graphql`, "utf8")).definitions.filter(
    (node) => node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.INTERFACE_TYPE_DEFINITION,
  );
const typed = domains.flatMap((domain) => [
  ...tablesOf(domain)
    .filter((table) => !internal.includes(table))
    .map((table) => ({ domain, table, type: typeOf(domain, table) })),
  // The one table that every database has and the graph shows: each domain has a type of its own for it.
  { domain, table: "operations", type: operationType(domain) },
]);

describe("docs/names.md", () => {
  it("lists the exceptions and the tables without a type", () => {
    expect(exceptions.length).toBeGreaterThan(5);
    expect(internal.length).toBeGreaterThan(15);
    expect(typed.length).toBeGreaterThan(25);
  });

  it("has no exception that is none, and none of a table that does not exist", () => {
    const useless = exceptions.filter(
      ({ domain, table, type, event }) =>
        type === pascal(singular(table)) ||
        event !== snake(type) ||
        !typed.some((each) => each.table === table && each.domain === domain),
    );
    expect(useless).toEqual([]);
    expect(new Set(exceptions.map(({ table }) => table)).size).toBe(exceptions.length);
    const existing = new Set([...domains.flatMap(tablesOf), ...tablesIn(commonTables)]);
    expect(internal.filter((table) => !existing.has(table))).toEqual([]);
  });
});

describe("a table", () => {
  it("is in the file of its name", () => {
    const elsewhere = domains.flatMap((domain) =>
      tablesOf(domain)
        .map((table) => `db/${domain}/schema/${fileOf(table)}.ts`)
        .filter((file) => !existsSync(file)),
    );
    expect(elsewhere).toEqual([]);
  });

  it("has a type of its name in the same domain, or the type that the page names", () => {
    const names = new Map(domains.map((domain) => [domain, typesOf(domain).map(({ name }) => name.value)]));
    expect(typed.filter(({ domain, type }) => !names.get(domain)?.includes(type))).toEqual([]);
  });

  it("has events that are named as its type", () => {
    const without = typed.filter(({ domain, type }) => {
      const names = Object.entries(catalogue[domain]).filter(([, { entity }]) => entity === type);
      const prefixes = names.map(([name]) => name.split(".")[0] ?? "");
      return names.length === 0 || prefixes.some((prefix) => prefix !== snake(type) && prefix !== plural(snake(type)));
    });
    expect(without).toEqual([]);
  });
});

describe("every name", () => {
  it("of an entity is that of a table", () => {
    const known = new Set(typed.map(({ type }) => type));
    const entities = domains.flatMap((domain) =>
      typesOf(domain).filter(({ directives = [] }) => directives.some(isKey)),
    );
    expect(entities.length).toBeGreaterThan(30);
    expect(entities.map(({ name }) => name.value).filter((name) => !known.has(name))).toEqual([]);
  });

  it("of an event is that of a table's type", () => {
    const known = new Set(typed.map(({ domain, type }) => `${domain} ${type}`));
    const events = domains.flatMap((domain) =>
      Object.entries(catalogue[domain]).map(([name, { entity }]) => ({ name, of: `${domain} ${entity}` })),
    );
    expect(events.length).toBeGreaterThan(40);
    expect(events.filter(({ of }) => !known.has(of))).toEqual([]);
  });

  it("of a file of resolvers is that of a type", () => {
    const files = domains.flatMap((domain) =>
      globSync(`subgraphs/${domain}/resolvers/[A-Z]*.ts`).map((file) => ({ domain, type: basename(file, ".ts") })),
    );
    const known = new Map(domains.map((domain) => [domain, typesOf(domain).map(({ name }) => name.value)]));
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter(({ domain, type }) => !known.get(domain)?.includes(type))).toEqual([]);
  });
});
