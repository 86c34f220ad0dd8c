import { getNamedType, type GraphQLObjectType, isObjectType } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inProcess } from "#gateway/transport/in-process.ts";
import type { Identity } from "#lib/trust/request-context.ts";
import { newId } from "#lib/uuid.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { productSupergraph } from "#tests/harness/supergraph.ts";
import { asOwner } from "#tests/harness/server.ts";
import { type AskAs, graphOver } from "./graph-as.ts";
import { everyRole, stranger } from "./roles.ts";
import { selectionOf } from "./selections.ts";

const fleet = fleetOf(1);
const { apiSchema, accessRules } = productSupergraph();

/** A caller who may see an object may see whose it is. Names of users, tenants, roles and the node under it come with what leads to them. */
const goWithTheirObject = new Set(["User", "Tenant", "Role", "ClusterNode"]);
/** These are checked in their resolvers: users need no permission for their own. */
const oneMayReadOnesOwn = new Set(["ApiKey", "UserSession", "AuthAuditEntry"]);

const returnedBy = (field: { type: Parameters<typeof getNamedType>[0] }) =>
  getNamedType(field.type)?.name.replace(/Connection$/, "") ?? "";
const needsOf = (parent: string, field: string, returned: string): string[] =>
  accessRules.of({ parent, field, returned }).map(({ name }) => name);

describe("an edge requires whatever the root field of its type requires", () => {
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

describe("a key with scopes for VMs alone", () => {
  let product: TestProduct;
  let ask: AskAs;
  const identity: Identity = { ...stranger(fleet.tenantId), permissions: ["vm:read"] };
  beforeAll(async () => {
    product = await bootProduct({ tenantId: fleet.tenantId });
    await insertFleet(product.urls, 1, 3);
    ask = await graphOver(inProcess(product.subgraphs));
  });
  afterAll(() => product.stop());

  it("reads VMs and their owners, and each refusal of another edge names the missing permission", async () => {
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

  it("gets the same refusals from each subgraph itself, including for references", async () => {
    const references: [string, string, string, string][] = [
      ["monitoring", "Alert", fleet.id("alert"), "alert:read"],
      ["federation", "Migration", fleet.id("migration"), "migration:read"],
      ["scheduler", "ResourceAllocation", fleet.id("resourceAllocation"), "scheduling:read"],
      ["vms", "VmTemplate", fleet.id("vmTemplate"), "template:read"],
    ];
    for (const [name, typename, id, permission] of references) {
      const subgraph = product.subgraphs.find((candidate) => candidate.name === name);
      const query = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on ${typename} { id } } }`;
      const request = { query, variables: { of: [{ __typename: typename, id }] } };
      const context = { requestId: "request", deadline: Date.now() + 10_000 };
      const refused = await subgraph?.execute(request, { ...context, identity });
      expect(refused?.data, typename).toEqual({ _entities: [null] });
      expect(refused?.errors?.[0]?.extensions).toEqual({ code: "FORBIDDEN", permission });
      const allowed = await subgraph?.execute(request, {
        ...context,
        identity: { ...identity, permissions: [permission] },
      });
      expect(allowed?.data, typename).toEqual({ _entities: [{ id }] });
    }
  });

  describe("attack 46: of a user", () => {
    const owner = fleet.id("user", 1);
    /** The fields that callers see of themselves without a permission. */
    const ownFields = Object.values((apiSchema.getType("User") as GraphQLObjectType).getFields()).filter((field) =>
      accessRules.dependsOnCaller({ parent: "User", field: field.name, returned: getNamedType(field.type).name }),
    );
    let viewer: readonly string[];
    beforeAll(async () => {
      viewer = (await everyRole(product.urls, fleet.tenantId)).get("viewer")?.permissions ?? [];
      await asOwner(product.urls.url("auth"), async (sql) => {
        await sql`update users set role = 'viewer' where id = ${owner}`;
        await sql`delete from user_roles where user_id = ${owner}`;
      });
    });

    /** Returns the fields of the user's own account that a credential of the user is refused. */
    const refused = async (kind: "session" | "api_key", permissions: readonly string[]): Promise<string[]> => {
      const credential = { kind, id: newId() };
      const { data, errors } = await ask(
        { kind: "user", id: owner, tenantId: fleet.tenantId, permissions, credential },
        `{ vms(first: 1, filter: { owner: ["${owner}"] }) { nodes { owner { id ${ownFields.map((field) => selectionOf(field)).join(" ")} } } } }`,
      );
      expect(data.vms.nodes[0]?.owner.id).toBe(owner);
      expect(errors.filter(({ extensions }) => extensions.code !== "FORBIDDEN")).toEqual([]);
      return errors.map(({ path }) => String(path?.at(-1))).toSorted();
    };

    it("reads nothing of its owner's account merely because it belongs to the owner", async () => {
      expect(ownFields.length).toBeGreaterThan(8);
      expect(await refused("api_key", ["vm:read"])).toEqual(ownFields.map(({ name }) => name).toSorted());
    });

    it("reads what it has the permission for", async () => {
      const names = await refused("api_key", ["vm:read", "session:read", "role:read"]);
      expect(ownFields.map(({ name }) => name).filter((name) => !names.includes(name))).toEqual(
        expect.arrayContaining(["sessions", "roles", "permissions"]),
      );
      expect(names).toEqual(expect.arrayContaining(["apiKeys", "auditLog", "mfaEnabled"]));
    });

    it("counts as the user when it has all rights of the account, as a session does", async () => {
      expect(viewer).not.toContain("session:read");
      expect(await refused("api_key", viewer)).toEqual([]);
      expect(await refused("session", ["vm:read"])).toEqual([]);
      expect(await refused("api_key", viewer.slice(1).concat("vm:read"))).not.toEqual([]);
    });
  });
});
