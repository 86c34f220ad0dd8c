import { readFileSync } from "node:fs";
import { parse } from "graphql";
import { describe, expect, it } from "vitest";
import { defaultLimits } from "#gateway/limits/limits.ts";
import { operationCost } from "#gateway/limits/operation-cost.ts";
import { createGateway } from "#gateway/create-gateway.ts";
import { operationOf } from "#gateway/operation.ts";
import { asset } from "#lib/assets.ts";
import { anonymous, policies } from "#lib/trust/request-context.ts";
import { answerOf } from "#tests/harness/answers.ts";
import { productSupergraph } from "#tests/harness/supergraph.ts";
import { wholeTenantIdentity } from "#tests/harness/whole-tenant-identity.ts";
import { fleetOf } from "#tests/graph/rows.ts";

const { apiSchema, costs, sdl } = productSupergraph();
const costOf = (document: string) => {
  const operation = operationOf(parse(document), undefined);
  if (!operation) throw new Error("The document has no operation.");
  return operationCost(apiSchema, costs, operation);
};
const estimate = (document: string, variables: Record<string, unknown> = {}) => costOf(document).estimate(variables);
const oneRequest = readFileSync(asset("docs/one-request.graphql"), "utf8");

describe("an operation has an estimated cost", () => {
  it("of one for each object, as many as a page may hold, and of nothing for scalars", () => {
    expect(estimate('{ vm(id: "1") { id name } }')).toBe(1);
    expect(estimate("{ vms(first: 50) { totalCount nodes { id } } }")).toBe(1 + 50);
    expect(estimate("{ vms(last: 5) { edges { cursor node { id } } } }")).toBe(1 + 5 * 2);
    expect(estimate("{ vms { nodes { owner { id } } } }")).toBe(1 + 20 * 2);
    expect(estimate("{ vms(first: 10) { nodes { alerts(first: 5) { nodes { id } } } } }")).toBe(1 + 10 * (1 + 1 + 5));
  });

  it("that follows variables, their defaults, and fragments wherever they are spread", () => {
    const page = "query ($n: Int = 7) { vms(first: $n) { ...P } } fragment P on VmConnection { nodes { id } }";
    expect(estimate(page)).toBe(8);
    expect(estimate(page, { n: 100 })).toBe(101);
    expect(estimate(page, { n: -5 })).toBe(estimate(page, { n: null }));
    expect(estimate(`{ vms(first: 2) { ... { nodes { id } } ... on VmConnection { more: nodes { id } } } }`)).toBe(5);
  });

  it("that includes the weight that the schema assigns to a field", () => {
    const series = '{ vm(id: "1") { metrics(from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z") { times } } }';
    expect(estimate(series)).toBe(1 + 10);
  });
});

it("afterwards, the actual cost of an operation is the cost of its response", () => {
  const cost = costOf("{ vms(first: 50) { nodes { owner { id } first: alerts(first: 5) { nodes { id } } } } }");
  const vm = { owner: { id: "1" }, first: { nodes: [{ id: "a" }, { id: "b" }] } };
  expect(cost.actual({ vms: { nodes: [vm, { ...vm, owner: null, first: null }] } })).toBe(1 + (1 + 1 + 1 + 2) + 1);
  expect(cost.actual({ vms: null })).toBe(0);
  expect(cost.actual(null)).toBe(0);
});

describe("attack 15: with the product's own limits", () => {
  const gateway = createGateway({
    supergraphSdl: sdl,
    policies,
    introspection: false,
    planning: "this thread",
    transport: { send: async () => ({ data: null }), close: async () => undefined },
  });
  const ask = async (query: string, variables: Record<string, unknown> = {}, identity = anonymous) => {
    const context = { identity, requestId: "request", deadline: Date.now() + 60_000 };
    return answerOf(await gateway.execute({ query, variables }, { ...context, signal: AbortSignal.timeout(60_000) }));
  };

  it("the one request is within the budget at a page of a hundred", async () => {
    const variables = { first: 100, from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z" };
    expect(estimate(oneRequest, variables)).toBeGreaterThan(1_000);
    const { errors } = await ask(
      oneRequest,
      variables,
      wholeTenantIdentity(fleetOf(1).tenantId, fleetOf(1).id("user")),
    );
    expect(errors).toEqual([]);
  });

  it("nested pages whose product exceeds the budget are refused, with their cost and the limit", async () => {
    const nested =
      "{ vms(first: 100) { nodes { alerts(first: 100) { nodes { rule { alerts(first: 100) { nodes { id } } } } } } } }";
    const { data, errors } = await ask(nested);
    expect(data).toBeNull();
    expect(errors.map(({ extensions }) => extensions)).toEqual([
      { code: "QUERY_TOO_EXPENSIVE", cost: estimate(nested), limit: defaultLimits.cost },
    ]);
  });

  it("attack 36: one request tries one sign-in, whatever its aliases", async () => {
    const field = 'signIn(input: { login: "a", password: "b" }) { token }';
    expect((await ask(`mutation { ${field} }`)).errors).toEqual([]);
    const two = await ask(`mutation { ${field} again: ${field} }`);
    expect(two.errors.map(({ extensions }) => extensions.code)).toEqual(["QUERY_TOO_EXPENSIVE"]);
  });
});

it("every page of the composed schema declares its size", () => {
  const pages = Object.values(apiSchema.getTypeMap()).flatMap((type) =>
    "getFields" in type
      ? Object.values(type.getFields())
          .filter((field) => "args" in field && String(field.type).endsWith("Connection"))
          .map(({ name }) => `${type.name}.${name}`)
      : [],
  );
  expect(pages.length).toBeGreaterThan(60);
  expect(pages.filter((coordinate) => !costs.sizeOf(coordinate))).toEqual([]);
});
