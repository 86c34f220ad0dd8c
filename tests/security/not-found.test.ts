import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serviceRole } from "#db/columns.ts";
import { graphSchema } from "#tests/graph/graph-schema.ts";
import { idPrefix, type Kind } from "#tests/graph/kinds.ts";
import { ours, theirs, twoTenants } from "#tests/graph/two-tenants.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { type CountedStatement, statementsDuring } from "#tests/harness/statements.ts";

// The time of the answer must not show that an id is another tenant's. This test does not measure time. What could differ is one page more or less
// that the server finds in its memory: about a microsecond, in an answer of milliseconds that vary by a millisecond. A comparison of times that never
// fails by chance would need a tolerance that hides a thousand such pages. The work itself is exact: the same statements, the same plan, the same
// pages but for the row itself, the same answer. An attacker who sees only times sees less than that.

const common = ["ClusterNode", "Cluster", "InstancePrice"];
/** The id of no object. That of an operation names the domain that is searched for it. */
const missingOf = (lookup: string): string => `${idPrefix(0xffff, lookup)}000000000000`;

let product: TestProduct;
let lookups: string[];
beforeAll(async () => {
  product = await bootProduct({ tenantId: ours.tenantId, urls: await twoTenants({ rowSecurity: true }) });
  const schema = await graphSchema(product);
  lookups = Object.values(schema.getQueryType()?.getFields() ?? {})
    .filter(({ args, type }) => args[0]?.name === "id" && !common.includes(String(type)))
    .map(({ name }) => name);
});
afterAll(() => product.stop());

describe("attack 26: an id of another tenant's object and an id of no object", () => {
  it("get the same bytes after the same statements with the same work", async () => {
    expect(lookups.length).toBeGreaterThan(10);
    for (const name of lookups) {
      const answers: string[] = [];
      const missingId = missingOf(name);
      const ask = async (id: string) => {
        const response = await fetch(product.url, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ query: `query ($id: ID!) { ${name}(id: $id) { id } }`, variables: { id } }),
        });
        const text = (await response.text()).replace(response.headers.get("x-request-id") ?? "", "request");
        answers.push(`${response.status} ${text.replaceAll(id, "id")}`);
      };
      await ask(missingId);
      const other = await statementsDuring(product.urls, () => ask(theirs.id(name as Kind)));
      const none = await statementsDuring(product.urls, () => ask(missingId));
      expect(new Set(answers).size, name).toBe(1);
      expect(answers[0], name).toContain("NOT_FOUND");
      expect(other, name).toEqual(none);
      expect(other, name).toHaveLength(1);

      const [statement] = other;
      if (!statement) continue;
      const ofOther = await workOf(statement, theirs.id(name as Kind));
      const ofNone = await workOf(statement, missingId);
      expect(ofOther.plan, name).toEqual(ofNone.plan);
      expect(ofOther.pages - ofNone.pages, name).toBeGreaterThanOrEqual(0);
      expect(ofOther.pages - ofNone.pages, name).toBeLessThanOrEqual(1);
    }
  });
});

interface Plan {
  "Node Type": string;
  "Index Name"?: string;
  "Index Cond"?: string;
  Filter?: string;
  "Shared Hit Blocks": number;
  "Shared Read Blocks": number;
  Plans?: Plan[];
}

/** Returns how the server runs a look-up of one id for our tenant, in a table that is large enough to use its index. */
async function workOf({ domain, query }: CountedStatement, id: string): Promise<{ plan: unknown; pages: number }> {
  return asOwner(product.urls.url(domain), (sql) =>
    sql.begin(async (tx) => {
      await tx.unsafe(`set local role ${serviceRole(domain)}`);
      await tx`select set_config('app.tenant_id', ${ours.tenantId}, true), set_config('enable_seqscan', 'off', true),
        set_config('plan_cache_mode', 'force_generic_plan', true)`;
      await tx.unsafe(`prepare lookup as ${query}`);
      const explained = async () => {
        const [row] = await tx.unsafe<{ "QUERY PLAN": [{ Plan: Plan }] }[]>(
          `explain (analyze, buffers, timing off, costs off, format json) execute lookup('{${id}}', '${ours.tenantId}')`,
        );
        if (!row) throw new Error("There is no plan.");
        return row["QUERY PLAN"][0].Plan;
      };
      // The first run fills the session's caches.
      await explained();
      const plan = await explained();
      await tx.unsafe("deallocate lookup");
      return { plan: shapeOf(plan), pages: plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] };
    }),
  );
}

const shapeOf = (plan: Plan): unknown => [
  plan["Node Type"],
  plan["Index Name"],
  plan["Index Cond"],
  plan.Filter,
  ...(plan.Plans ?? []).map(shapeOf),
];
