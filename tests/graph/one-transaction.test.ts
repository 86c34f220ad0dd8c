import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Domain, domains } from "#db/columns.ts";
import { noLimits } from "#gateway/admission/limits.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { statementsDuring } from "#tests/harness/statements.ts";
import { fleetOf, insertFleet } from "./rows.ts";

let product: TestProduct;

beforeAll(async () => {
  product = await bootProduct({ operationLimits: noLimits, tenantId: fleetOf(1).tenantId });
  await insertFleet(product.urls, 1, 120);
});
afterAll(() => product.stop());

/** The statements of one request by domain, without those that a new connection begins with. */
async function statementsOf(query: string): Promise<Record<Domain, string[]>> {
  const counted = await statementsDuring(product.urls, async () => {
    expect((await product.ask(query)).errors).toEqual([]);
  });
  const asked = counted.filter((statement) => !/pg_catalog|pg_roles/.test(statement.query));
  const of = (domain: Domain) =>
    asked
      .filter((statement) => statement.domain === domain)
      .flatMap((statement) => Array.from({ length: statement.calls }, () => statement.query));
  return Object.fromEntries(domains.map((domain) => [domain, of(domain).toSorted()])) as Record<Domain, string[]>;
}

const nested: [what: string, fields: string, most: Partial<Record<Domain, number>>][] = [
  [
    "lists of its own domain",
    "vms(first: COUNT) { nodes { id snapshots { nodes { id } } networks { nodes { id } } transitions { totalCount nodes { id } } template { name } } }",
    { vms: 5 },
  ],
  [
    "lists of every domain",
    `vms(first: COUNT) { nodes { id owner { username } node { name cluster { name } allocations { nodes { id } } } tenant { name }
      alerts { nodes { id rule { name } } } latestMetrics { time } migrations { nodes { id steps { nodes { id } } sourceProvider { name } } }
      providerVms { nodes { id provider { name } } } violations { nodes { id policy { name } } } costOptimizations { nodes { id } }
      allocations { nodes { id } } decisions { nodes { id } } recommendations { nodes { id } } placementDecision { id } } }`,
    // Tables and nesting levels: a user and a tenant; a node, its cluster, its claims and four lists of the VM; and so on.
    { auth: 2, vms: 1, monitoring: 3, federation: 8, scheduler: 7 },
  ],
  [
    "lists under nodes",
    "clusterNodes(first: COUNT) { nodes { id vms { nodes { id name owner { username } } } alerts { nodes { id } } migrations { nodes { id } } decisions { nodes { id } } } }",
    { auth: 1, vms: 1, monitoring: 1, federation: 1, scheduler: 2 },
  ],
  [
    "lists under users",
    "users(first: COUNT) { nodes { id apiKeys { nodes { id } } sessions { nodes { id } } roles { role { name } } vms { nodes { id } } initiatedMigrations { nodes { id } } } }",
    { auth: 5, vms: 1, federation: 1 },
  ],
];

describe("a page with nested lists", () => {
  it.each(nested)("costs as many statements for 10, 50 and 100 parents: %s", async (_what, fields, most) => {
    const of = (parents: number) => statementsOf(`{ ${fields.replace("COUNT", String(parents))} }`);
    // The first request opens connections and meets the statements.
    await of(1);
    const ten = await of(10);
    expect(await of(50)).toEqual(ten);
    expect(await of(100)).toEqual(ten);
    for (const domain of domains) {
      expect(ten[domain].length, `${domain}:\n${ten[domain].join("\n")}`).toBeLessThanOrEqual(most[domain] ?? 0);
    }
  });
});
