import { afterAll, beforeAll, expect, it } from "vitest";
import { inProcess } from "#gateway/transport/in-process.ts";
import type { Transport } from "#gateway/transport/transport.ts";
import { anonymous } from "#lib/trust/request-context.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { graphOver } from "./graph-as.ts";
import { stranger } from "./roles.ts";

const tenants = [fleetOf(1), fleetOf(2)] as const;
const idsOf = [/"0197a000-0001-/g, /"0197a000-0002-/g] as const;

/** Fields that belong to a tenant, each one level of calls further from the root. */
const query = `{
  vms(first: 3) { totalCount nodes { id name owner { id username tenant { id } } alerts(first: 3) { nodes { id rule { id } } }
    migrations(first: 3) { nodes { id initiatedBy { id } vm { id snapshots(first: 3) { nodes { id } } } } } allocations(first: 3) { nodes { id tenant { id } } } } }
}`;

let product: TestProduct;
beforeAll(async () => {
  product = await bootProduct();
  await insertFleet(product.urls, 1, 3);
  await insertFleet(product.urls, 2, 3);
});
afterAll(() => product.stop());

/** Holds each call until another tenant sends the same call, so that both are in the subgraph at once. */
function inPairs(inner: Transport): Transport & { pairs(): number } {
  const waiting = new Map<string, { tenantId: string; go(): void }>();
  let pairs = 0;
  return {
    ...inner,
    pairs: () => pairs,
    send: async (subgraph, request, context, signal) => {
      const call = `${subgraph} ${request.query}`;
      const other = waiting.get(call);
      if (other && other.tenantId !== context.identity.tenantId) {
        waiting.delete(call);
        pairs += 1;
        other.go();
      } else {
        await new Promise<void>((go) => waiting.set(call, { tenantId: context.identity.tenantId, go }));
      }
      return inner.send(subgraph, request, context, signal);
    },
  };
}

it("attack 32: two tenants that send the same query at once, call by call, each see only their own objects", async () => {
  const inner = inPairs(inProcess(product.subgraphs));
  const ask = await graphOver(inner);
  const alone = await graphOver(inProcess(product.subgraphs));
  const identities = tenants.map(({ tenantId }) => ({ ...stranger(tenantId), permissions: ["*"] }));
  for (let round = 0; round < 3; round += 1) {
    const answers = await Promise.all(identities.map((identity) => ask(identity, query)));
    for (const [index, { data, errors }] of answers.entries()) {
      const text = JSON.stringify(data);
      expect(errors).toEqual([]);
      expect(data.vms.totalCount).toBe(3);
      expect(text.match(idsOf[index] ?? /$^/)?.length).toBeGreaterThan(20);
      expect(text).not.toMatch(idsOf[1 - index] ?? /^/);
      expect({ data, errors }).toEqual(await alone(identities[index] ?? anonymous, query));
    }
  }
  expect(inner.pairs()).toBeGreaterThan(15);
});

it("callers with different rights send the same query at once in one process, and each gets their own answer", async () => {
  const ask = await graphOver(inProcess(product.subgraphs));
  const [ours, theirs] = tenants;
  const callers = [
    { ...stranger(ours.tenantId), permissions: ["*"] },
    { ...stranger(ours.tenantId), permissions: ["user:read"] },
    anonymous,
    { ...stranger(theirs.tenantId), permissions: ["vm:read"] },
  ];
  const answers = await Promise.all(
    [...callers, ...callers].map((identity) => ask(identity, "{ vms { nodes { id } } users { totalCount } }")),
  );
  for (const [index, { data, errors }] of answers.entries()) {
    const text = JSON.stringify(data.vms);
    const reported = errors.map(({ path, extensions }) => [path?.join("."), extensions.code, extensions["permission"]]);
    const [may, forUsers, nobody, forVms] = [0, 1, 2, 3].map((caller) => index % 4 === caller);
    expect(idsOf.map((ids) => text.match(ids)?.length ?? 0)).toEqual([may ? 3 : 0, forVms ? 3 : 0]);
    if (may) expect(reported).toEqual([]);
    if (forUsers) expect(reported).toEqual([["vms", "FORBIDDEN", "vm:read"]]);
    if (forVms) expect(reported).toEqual([["users", "FORBIDDEN", "user:read"]]);
    if (nobody) {
      expect(reported).toEqual([
        ["vms", "UNAUTHENTICATED", undefined],
        ["users", "UNAUTHENTICATED", undefined],
      ]);
    }
  }
});
