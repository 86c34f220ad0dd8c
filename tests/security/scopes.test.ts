import { getNamedType, isObjectType } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inProcess } from "#gateway/transport/in-process.ts";
import type { Identity } from "#lib/request-context.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { productSupergraph } from "#tests/harness/supergraph.ts";
import { type AskAs, graphOver } from "./graph-as.ts";
import { stranger } from "./roles.ts";

const fleet = fleetOf(1);
const { apiSchema, requirements } = productSupergraph();

/** Who may see an object may see whose it is: names of people, tenants and roles, and of the node under it, go with what leads to them. */
const goWithTheirObject = new Set(["User", "Tenant", "Role", "ClusterNode"]);
/** These ask in their resolvers: one's own need no permission. */
const oneMayReadOnesOwn = new Set(["ApiKey", "UserSession", "AuthAuditEntry"]);

const returnedBy = (field: { type: Parameters<typeof getNamedType>[0] }) =>
  getNamedType(field.type)?.name.replace(/Connection$/, "") ?? "";
const needsOf = (parent: string, field: string, returned: string): string[] =>
  requirements.of({ parent, field, returned }).map(({ name }) => name);

describe("what a key may not read by its root field, it may not read by any edge", () => {
  const roots = Object.values(apiSchema.getQueryType()?.getFields() ?? {});
  const guarded = new Map(
    roots
      .filter((root) => !goWithTheirObject.has(returnedBy(root)) && !oneMayReadOnesOwn.has(returnedBy(root)))
      .map((root) => [returnedBy(root), needsOf("Query", root.name, getNamedType(root.type).name)]),
  );

  it("for every edge of the composed schema", () => {
    expect(guarded.size).toBeGreaterThan(15);
    const edges = Object.values(apiSchema.getTypeMap())
      .filter(isObjectType)
      .flatMap((type) =>
        Object.values(type.getFields())
          .filter((field) => guarded.has(returnedBy(field)))
          .map((field) => ({
            coordinate: `${type.name}.${field.name}`,
            asks: needsOf(type.name, field.name, getNamedType(field.type).name),
            needs: guarded.get(returnedBy(field)) ?? [],
          })),
      );
    expect(edges.length).toBeGreaterThan(60);
    for (const { coordinate, asks, needs } of edges) expect(asks, coordinate).toEqual(expect.arrayContaining(needs));
  });
});

describe("a key for VMs alone", () => {
  let product: TestProduct;
  let ask: AskAs;
  const identity: Identity = { ...stranger(fleet.tenantId), permissions: ["vm:read"] };
  beforeAll(async () => {
    product = await bootProduct({ tenantId: fleet.tenantId });
    await insertFleet(product.urls, 1, 3);
    ask = await graphOver(inProcess(product.subgraphs));
  });
  afterAll(() => product.stop());

  it("reads VMs and whose they are, and is told what each other edge needs", async () => {
    const { data, errors } = await ask(
      identity,
      `{ vm(id: "${fleet.id("vm")}") { name owner { username } node { name } snapshots { totalCount }
        alerts { totalCount } latestMetrics { time } migrations { nodes { steps { totalCount } } } allocations { totalCount } violations { totalCount } } }`,
    );
    expect(data.vm).toMatchObject({ owner: { username: expect.any(String) }, node: { name: expect.any(String) } });
    expect(data.vm).toMatchObject({ alerts: null, latestMetrics: null, migrations: null, allocations: null });
    expect(errors.map(({ path, extensions }) => [path?.join("."), extensions["permission"]]).toSorted()).toEqual([
      ["vm.alerts", "alert:read"],
      ["vm.allocations", "scheduling:read"],
      ["vm.latestMetrics", "metric:read"],
      ["vm.migrations", "migration:read"],
      ["vm.violations", "compliance:read"],
    ]);
  });

  it("is refused the same by each subgraph itself, references included", async () => {
    const references: [string, string, string, string][] = [
      ["monitoring", "Alert", fleet.id("alert"), "alert:read"],
      ["federation", "Migration", fleet.id("migration"), "migration:read"],
      ["scheduler", "ResourceAllocation", fleet.id("resourceAllocation"), "scheduling:read"],
      ["vms", "VmTemplate", fleet.id("vmTemplate"), "template:read"],
    ];
    for (const [name, typename, id, permission] of references) {
      const subgraph = product.subgraphs.find((candidate) => candidate.name === name);
      const query = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on ${typename} { id } } }`;
      const asked = { query, variables: { of: [{ __typename: typename, id }] } };
      const context = { requestId: "request", deadline: Date.now() + 10_000 };
      const refused = await subgraph?.execute(asked, { ...context, identity });
      expect(refused?.data, typename).toEqual({ _entities: [null] });
      expect(refused?.errors?.[0]?.extensions).toEqual({ code: "FORBIDDEN", permission });
      const allowed = await subgraph?.execute(asked, {
        ...context,
        identity: { ...identity, permissions: [permission] },
      });
      expect(allowed?.data, typename).toEqual({ _entities: [{ id }] });
    }
  });
});
