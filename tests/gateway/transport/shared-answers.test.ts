import { afterAll, beforeAll, expect, it } from "vitest";
import { guarded } from "#gateway/transport/guarded.ts";
import { inProcess } from "#gateway/transport/in-process.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { wholeTenantIdentity } from "#tests/harness/whole-tenant-identity.ts";
import { type AskAs, graphOver } from "#tests/security/graph-as.ts";

const fleet = fleetOf(1);
const identity = wholeTenantIdentity(fleet.tenantId, fleet.id("user", 1));

/**
 * Each operation makes the same call to `vms`. The fields that other subgraphs add to the VMs have the same response key and differ. The users come last.
 */
const operations = [
  "{ users { totalCount } vms(first: 3) { nodes { id added: alerts(first: 1) { nodes { id message } } } } }",
  "{ users { totalCount } vms(first: 3) { nodes { id added: migrations(first: 1) { nodes { id status } } } } }",
  "{ users { totalCount } vms(first: 3) { nodes { id added: allocations(first: 1) { nodes { id memoryBytes } } } } }",
];

/** Returns a gate that opens after `times` calls of `open`. */
function gate(times: number): { passed: Promise<void>; open(): void } {
  let left = times;
  let pass = () => undefined as void;
  const passed = new Promise<void>((resolve) => (pass = resolve));
  return {
    passed,
    open: () => {
      left -= 1;
      if (left === 0) pass();
    },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

let product: TestProduct;
let ask: AskAs;
/** How often each subgraph was called. */
const callCounts: Record<string, number> = {};
/** For simultaneous operations: all share the first call, and no response is written before all have merged. */
let together: { sharing: ReturnType<typeof gate>; merged: ReturnType<typeof gate> } | undefined;

beforeAll(async () => {
  product = await bootProduct({ tenantId: fleet.tenantId });
  await insertFleet(product.urls, 1, 3);
  const inner = inProcess(product.subgraphs);
  const transport = guarded(
    {
      ...inner,
      send: async (subgraph, ...call) => {
        callCounts[subgraph] = (callCounts[subgraph] ?? 0) + 1;
        if (subgraph === "vms") await together?.sharing.passed;
        if (subgraph === "auth") await together?.merged.passed;
        const answer = await inner.send(subgraph, ...call);
        if (subgraph !== "vms" && subgraph !== "auth") void turn().then(() => together?.merged.open());
        return answer;
      },
    },
    { sharedMs: Infinity },
    { onShare: (subgraph) => subgraph === "vms" && together?.sharing.open() },
  );
  ask = await graphOver(transport);
});
afterAll(() => product.stop());

it("operations that share a call merge the fields of other subgraphs into their own responses", async () => {
  const alone = [];
  for (const operation of operations) alone.push(await ask(identity, operation));
  expect(new Set(alone.map(({ data }) => JSON.stringify(data))).size).toBe(operations.length);
  expect(alone.flatMap(({ errors }) => errors)).toEqual([]);
  expect(callCounts["vms"]).toBe(operations.length);

  together = { sharing: gate(operations.length - 1), merged: gate(operations.length) };
  expect(await Promise.all(operations.map((operation) => ask(identity, operation)))).toEqual(alone);
  expect(callCounts["vms"]).toBe(operations.length + 1);
});
