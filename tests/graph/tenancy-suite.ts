import { getNamedType, isObjectType, isUnionType } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wholeTenantIdentity } from "#tests/harness/whole-tenant-identity.ts";
import { domains } from "#db/columns.ts";
import type { Subgraph } from "#lib/subgraph/subgraph.ts";
import { noLimits } from "#gateway/limits/limits.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { type ConnectionField, connectionFields, graphSchema, holderOf } from "./graph-schema.ts";
import type { Kind } from "./kinds.ts";
import { ours, theirs, twoTenants, type TwoTenantsOptions } from "./two-tenants.ts";

// Infrastructure and prices belong to no tenant, so every user sees them.
const commonTypes = ["ClusterNode", "Cluster", "InstancePrice"];
const theirIds = /0197a000-0002-/;

/** Returns whether a root field of the subgraph finds objects of this type by their id, which means that the subgraph owns them. */
const looksUp = (subgraph: Subgraph, type: string) =>
  Object.values(subgraph.schema.getQueryType()?.getFields() ?? {}).some(
    (field) => field.args[0]?.name === "id" && getNamedType(field.type).name === type,
  );

const kindOf = (type: string) => `${type[0]?.toLowerCase()}${type.slice(1)}` as Kind;

interface Listed {
  totalCount: number;
  nodes: { __typename: string; id: string }[];
}

/**
 * Declares what one tenant must not see or do of another. The tests are generated from the schema, so that they cover a field that is added later.
 * They must pass with predicates and row-level security, and with each of them alone.
 */
export function tenancySuite(options: TwoTenantsOptions): void {
  let product: TestProduct;
  let connections: ConnectionField[];

  beforeAll(async () => {
    product = await bootProduct({
      operationLimits: noLimits,
      tenantId: ours.tenantId,
      urls: await twoTenants(options),
    });
    connections = connectionFields(await graphSchema(product), ours);
  });
  afterAll(() => product.stop());

  describe("attack 26: of another tenant's objects", () => {
    it("no list shows one, at the root or under an object, and no count includes one", async () => {
      const seen: string[] = [];
      for (const connection of connections) {
        const list = `list: ${connection.field}(first: 100) { totalCount nodes { __typename id } }`;
        const { data, errors } = await product.ask(connection.under(list));
        expect(errors, connection.name).toEqual([]);
        const { list: found } = holderOf(data, "list") ?? {};
        const { totalCount, nodes } = found as Listed;
        expect(totalCount, connection.name).toBe(nodes.length);
        if (nodes.length > 0) seen.push(connection.name);
        const owned = (nodes as { __typename: string; id: string }[]).filter(
          ({ __typename }) => !commonTypes.includes(__typename),
        );
        expect(
          owned.filter(({ id }) => theirIds.test(id)),
          connection.name,
        ).toEqual([]);
      }
      // Empty lists would prove nothing.
      expect(connections.map(({ name }) => name).filter((name) => !seen.includes(name))).toEqual([]);
    });

    it("none is found by its id, and the error is that of an object that does not exist", async () => {
      const schema = await graphSchema(product);
      const lookups = Object.values(schema.getQueryType()?.getFields() ?? {}).filter(
        ({ args }) => args[0]?.name === "id",
      );
      expect(lookups.length).toBeGreaterThan(10);
      for (const { name, type } of lookups) {
        const ask = (id: string) => product.ask(`{ ${name}(id: "${id}") { id } }`);
        const own = await ask(ours.id(name as Kind));
        expect(own.errors, name).toEqual([]);
        const other = await ask(theirs.id(name as Kind));
        if (commonTypes.includes(String(type))) {
          expect(other.errors, name).toEqual([]);
          continue;
        }
        expect(other.data, name).toEqual({ [name]: null });
        expect(
          other.errors.map(({ extensions }) => extensions.code),
          name,
        ).toEqual(["NOT_FOUND"]);
        const unknown = await ask("0197a000-ffff-7000-8000-000000000000");
        expect(other.errors, name).toEqual(unknown.errors);
      }
    });

    it("a filter by their ids finds none, where the same filter by our own finds some", async () => {
      let filters = 0;
      for (const connection of connections) {
        if (commonTypes.includes(connection.node)) continue;
        const counted = (alias: string, field: string, id: string) =>
          `${alias}_${field}: ${connection.field}(filter: { ${field}: ["${id}"] }) { totalCount }`;
        const lists = Object.entries(connection.references).map(([field, type]) => {
          const kind = kindOf(type);
          return `${counted("ours", field, ours.id(kind))} ${counted("theirs", field, theirs.id(kind))}`;
        });
        if (lists.length === 0) continue;
        const { data, errors } = await product.ask(connection.under(lists.join(" ")));
        expect(errors, connection.name).toEqual([]);
        const [first] = Object.keys(connection.references);
        const found = holderOf(data, `ours_${first}`) as Record<string, { totalCount: number }>;
        for (const field of Object.keys(connection.references)) {
          expect(found[`theirs_${field}`]?.totalCount, `${connection.name} ${field}`).toBe(0);
          expect(found[`ours_${field}`]?.totalCount, `${connection.name} ${field}`).toBeGreaterThan(0);
          filters += 1;
        }
      }
      expect(filters).toBeGreaterThan(60);
    });
  });

  describe("attack 29: a reference to another tenant's object", () => {
    const context = () => ({
      identity: wholeTenantIdentity(ours.tenantId, ours.id("user")),
      requestId: "request",
      deadline: Date.now() + 10_000,
    });

    /** Returns every entity of a subgraph, with its lists there. */
    function entitiesOf(subgraph: Subgraph) {
      const union = subgraph.schema.getType("_Entity");
      return (isUnionType(union) ? union.getTypes() : []).map((type) => ({
        type: type.name,
        lists: Object.values(type.getFields()).filter((field) => {
          const returned = getNamedType(field.type);
          return isObjectType(returned) && returned.name.endsWith("Connection");
        }),
      }));
    }

    it.each(domains)("is null in the %s subgraph, or an object without data, even in a signed call", async (domain) => {
      const subgraph = product.subgraphs.find(({ name }) => name === domain);
      if (!subgraph) throw new Error(`There is no ${domain} subgraph.`);
      const entities = entitiesOf(subgraph).filter(({ type }) => !commonTypes.includes(type));
      expect(entities.length).toBeGreaterThan(3);
      for (const { type, lists } of entities) {
        const fields = `id ${lists.map(({ name }) => `${name} { totalCount nodes { id } }`).join(" ")}`;
        const resolve = async (...ids: string[]) => {
          const result = await subgraph.execute(
            {
              query: `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on ${type} { ${fields} } } }`,
              variables: { representations: ids.map((id) => ({ __typename: type, id })) },
            },
            context(),
          );
          expect(result.errors, type).toBeUndefined();
          return (result.data as { _entities: (Record<string, never> | null)[] })._entities;
        };
        const [own, other, none] = await resolve(ours.id(kindOf(type)), theirs.id(kindOf(type)), "no id");
        expect(own, type).not.toBeNull();
        // A subgraph that loads the entity, and does not only refer to it, returns null.
        if (looksUp(subgraph, type)) expect(other, type).toBeNull();
        expect(none ?? { id: "no id" }, type).toEqual({ id: "no id" });
        for (const { name } of lists) {
          expect((own?.[name] as { totalCount: number } | undefined)?.totalCount, `${type}.${name}`).toBeGreaterThan(0);
          if (other) expect(other[name], `${type}.${name}`).toEqual({ totalCount: 0, nodes: [] });
        }
        expect(JSON.stringify(other ?? {}).replace(theirs.id(kindOf(type)), ""), type).not.toMatch(theirIds);
      }
    });
  });

  describe("attack 28: an edge", () => {
    it("from a row to another tenant's object shows nothing of that object", async () => {
      await asOwner(product.urls.url("vms"), (sql) =>
        sql.unsafe(
          `update vms set owner_id = '${theirs.id("user")}', template_id = '${theirs.id("vmTemplate")}' where id = '${ours.id("vm", 2)}'`,
        ),
      );
      await asOwner(product.urls.url("federation"), (sql) =>
        sql.unsafe(
          `update migrations set vm_id = '${theirs.id("vm")}', initiated_by = '${theirs.id("user")}' where id = '${ours.id("migration", 2)}'`,
        ),
      );
      await asOwner(product.urls.url("monitoring"), (sql) =>
        sql.unsafe(
          `update alert_instances set rule_id = '${theirs.id("alertRule", 2)}', vm_id = '${theirs.id("vm")}' where id = '${ours.id("alert", 2)}'`,
        ),
      );
      const { data } = await product.ask(`{
        vm(id: "${ours.id("vm", 2)}") { owner { username } template { name } }
        migration(id: "${ours.id("migration", 2)}") { initiatedBy { username } vm { name alerts { totalCount } snapshots { totalCount } migrations { nodes { id } } } }
        alert(id: "${ours.id("alert", 2)}") { rule { name } vm { name owner { username } } }
      }`);
      expect(data.vm).toEqual({ owner: null, template: null });
      expect(data.migration.initiatedBy).toBeNull();
      expect(data.migration.vm).toBeNull();
      expect(data.alert.rule).toBeNull();
      expect(data.alert.vm).toBeNull();
    });
  });
}
