import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Domain, domains } from "#db/columns.ts";
import { noLimits } from "#gateway/limits/limits.ts";
import { oneOf } from "#tests/harness/extent.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { statementsDuring } from "#tests/harness/statements.ts";
import { graphSchema } from "./graph-schema.ts";
import { nestedSelections } from "./nested-selections.ts";
import { fleetOf, insertFleet } from "./rows.ts";

/** Declares the tests that count the statements of a page. @param share one of this many types is tried with each of its fields */
export function oneTransactionSuite(share: number): void {
  let product: TestProduct;

  beforeAll(async () => {
    product = await bootProduct({ operationLimits: noLimits, tenantId: fleetOf(1).tenantId });
    await insertFleet(product.urls, 1, 120);
  });
  afterAll(() => product.stop());

  /** Returns the statements of one request by domain, without those that a new connection begins with. */
  async function statementsOf(query: string): Promise<Record<Domain, string[]>> {
    const counted = await statementsDuring(product.urls, async () => {
      expect((await product.ask(query)).errors).toEqual([]);
    });
    const statements = counted.filter((statement) => !/pg_catalog|pg_roles/.test(statement.query));
    const of = (domain: Domain) =>
      statements
        .filter((statement) => statement.domain === domain)
        .flatMap((statement) => Array.from({ length: statement.calls }, () => statement.query));
    return Object.fromEntries(domains.map((domain) => [domain, of(domain).toSorted()])) as Record<Domain, string[]>;
  }

  function countsOf(statements: readonly string[]): Map<string, number> {
    const counts = new Map<string, number>();
    for (const text of statements) counts.set(text, (counts.get(text) ?? 0) + 1);
    return counts;
  }

  const nested: [what: string, fields: string, most: Partial<Record<Domain, number>>][] = [
    [
      "lists of its own domain",
      "vms(first: COUNT) { nodes { id snapshots { nodes { id } } networks { nodes { id } } transitions { totalCount nodes { id } } template { name } } }",
      { vms: 5 },
    ],
    [
      "changes, and who made them",
      "vms(first: COUNT) { nodes { id changes { totalCount nodes { id actor user { username } fields { name } } } } }",
      { vms: 2 },
    ],
    [
      "lists of every domain",
      `vms(first: COUNT) { nodes { id owner { username } node { name platform { cluster { name } } allocations { nodes { id } } } tenant { name }
      alerts { nodes { id rule { name } } } latestMetrics { time } migrations { nodes { id steps { nodes { id } } sourceProvider { name } } }
      providerVms { nodes { id provider { name } } } violations { nodes { id policy { name } } } costOptimizations { nodes { id } }
      allocations { nodes { id } } placementDecisions { nodes { id } } recommendations { nodes { id } } placementDecision { id } } }`,
      // One statement per table and nesting level: a user and a tenant; a node, its cluster, its claims and four lists of the VM; and so on.
      { auth: 2, vms: 1, monitoring: 3, federation: 8, scheduler: 7 },
    ],
    [
      "lists under nodes",
      "clusterNodes(first: COUNT) { nodes { id vms { nodes { id name owner { username } } } alerts { nodes { id } } migrations { nodes { id } } placementDecisions { nodes { id } } } }",
      { auth: 1, vms: 1, monitoring: 1, federation: 1, scheduler: 2 },
    ],
    [
      "lists under users",
      "users(first: COUNT) { nodes { id apiKeys { nodes { id } } sessions { nodes { id } } roles { role { name } } vms { nodes { id } } initiatedMigrations { nodes { id } } } }",
      { auth: 5, vms: 1, federation: 1 },
    ],
  ];

  describe("a page with nested lists", () => {
    it.each(nested)("executes the same statements for 10, 50 and 100 parents: %s", async (_what, fields, most) => {
      const of = (parents: number) => statementsOf(`{ ${fields.replace("COUNT", String(parents))} }`);
      // The first request opens connections and prepares the statements.
      await of(1);
      const ten = await of(10);
      expect(await of(50)).toEqual(ten);
      expect(await of(100)).toEqual(ten);
      for (const domain of domains) {
        expect(ten[domain].length, `${domain}:\n${ten[domain].join("\n")}`).toBeLessThanOrEqual(most[domain] ?? 0);
      }
    });
  });

  describe("case G24: a page of any type", () => {
    it("executes equally many statements for 10 and for 50 objects, whichever of its fields are selected", async () => {
      const all = nestedSelections(await graphSchema(product));
      expect(all.map(({ type }) => type)).toEqual(
        expect.arrayContaining(["User", "GrantedPermission", "Vm", "ClusterNode", "MigrationStep", "AlertRule"]),
      );
      const selections = oneOf(share, all);
      // Queries several types per request, which takes a tenth of the time. The types share what they load, so a few statements come and go; one
      // statement per object would be 40 more.
      for (let start = 0; start < selections.length; start += 8) {
        const some = selections.slice(start, start + 8);
        const callsOf = async (objects: number) => {
          const fields = some.map(({ field }, n) => `at${n}: ${field.replace("COUNT", String(objects))}`);
          return countsOf(Object.values(await statementsOf(`{ ${fields.join(" ")} }`)).flat());
        };
        const [ten, fifty] = [await callsOf(10), await callsOf(50)];
        const grown = [...fifty].filter(([text, calls]) => calls > (ten.get(text) ?? 0) + 4);
        expect({ types: some.map(({ type }) => type), grown }).toMatchObject({ grown: [] });
      }
    });
  });
}
