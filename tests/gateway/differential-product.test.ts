import fc from "fast-check";
import { readFileSync } from "node:fs";
import { parse, validate } from "graphql";
import { afterAll, beforeAll, expect, it } from "vitest";
import { asset } from "#lib/assets.ts";
import { policies } from "#lib/trust/request-context.ts";
import { demoUserId } from "#lib/trust/demo-tenant.ts";
import { wholeTenantIdentity } from "#tests/harness/whole-tenant-identity.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { bothExecutors } from "./both-executors.ts";
import { operationFrom } from "./documents.ts";

// The documents are always the same, so that only a change can break a run; other seeds explore.
const seed = Number(process.env["NOVACRON_SEED"] ?? 20261126);
const runs = Number(process.env["NOVACRON_RUNS"] ?? 60);
const fleet = fleetOf(1);

let product: TestProduct;
beforeAll(async () => {
  product = await bootProduct({ tenantId: fleet.tenantId });
  await insertFleet(product.urls, 1, 3);
});
afterAll(() => product.stop());

/** Returns an id that exists, where a field takes one. */
function argument(coordinate: string, choose: (count: number) => number): string | undefined {
  const [, root] = /^Query\.(\w+)\(id:\)$/.exec(coordinate) ?? [];
  if (root) return JSON.stringify(fleet.id(root as Parameters<typeof fleet.id>[0], 1 + choose(3)));
  if (coordinate.endsWith("(from:)")) return '"2026-01-01T00:00:00Z"';
  if (coordinate.endsWith("(to:)")) return '"2026-01-01T06:00:00Z"';
  if (coordinate.endsWith("(first:)")) return String(1 + choose(3));
  return /\((last|after|before|step|maxPoints|filter):\)$/.test(coordinate) ? "null" : undefined;
}

it(`with NOVACRON_SEED=${seed}, the compiled executor returns what Apollo's returns for the product over its databases`, async () => {
  const both = bothExecutors(readFileSync(asset("supergraph.graphql"), "utf8"), policies);
  const without = new Set(["VmMetrics.ageSeconds", "NodeMetrics.ageSeconds"]);
  const context = () => ({
    identity: wholeTenantIdentity(fleet.tenantId, demoUserId),
    requestId: "the same for both",
    deadline: Date.now() + 60_000,
  });
  let planned = 0;
  const property = fc.asyncProperty(
    fc.array(fc.nat(255), { minLength: 10, maxLength: 250, size: "max" }),
    async (tape) => {
      const operation = operationFrom(tape, { schema: both.schema, argument, without });
      fc.pre(validate(both.schema, parse(operation.query)).length === 0);
      fc.pre(both.isOracle(operation.query));
      planned += 1;
      const ask = async (name: string, query: string, variables: Readonly<Record<string, unknown>>) => {
        const subgraph = product.subgraphs.find((candidate) => candidate.name === name);
        if (!subgraph) throw new Error(`There is no subgraph ${name}.`);
        return subgraph.execute({ query, variables }, context());
      };
      const apollo = await both.apollo(operation, ask);
      const ours = await both.ours(operation, ask);
      expect(ours.data, operation.query).toEqual(apollo.data);
      const errorTexts = ({ errors }: typeof ours) => errors.map((error) => JSON.stringify(error)).sort();
      expect(errorTexts(ours), operation.query).toEqual(errorTexts(apollo));
      expect(ours.invalid, operation.query).toEqual(apollo.invalid);
    },
  );
  await fc.assert(property, { seed, numRuns: runs, interruptAfterTimeLimit: 40_000 });
  expect(planned).toBeGreaterThan(runs / 4);
});
