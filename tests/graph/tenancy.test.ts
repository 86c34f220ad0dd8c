import { getNamedType, isObjectType, isUnionType } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wholeTenantIdentity } from "#tests/harness/whole-tenant-identity.ts";
import { domains, serviceRole } from "#db/columns.ts";
import type { Subgraph } from "#lib/subgraph.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { type ConnectionField, connectionFields, graphSchema } from "./graph-schema.ts";
import { fleetOf, insertFleet, type Kind } from "./rows.ts";

// Infrastructure and prices belong to no tenant: everybody sees them.
const commonTypes = ["ClusterNode", "Cluster", "InstancePrice"];
const ours = fleetOf(1);
const theirs = fleetOf(2);
const theirIds = /0197a000-0002-/;

let product: TestProduct;
let connections: ConnectionField[];

beforeAll(async () => {
  product = await bootProduct({ tenantId: ours.tenantId });
  await insertFleet(product.urls, 1, 3);
  await insertFleet(product.urls, 2, 3);
  connections = connectionFields(await graphSchema(product), ours);
});
afterAll(() => product.stop());

const kindOf = (type: string) => `${type[0]?.toLowerCase()}${type.slice(1)}` as Kind;

describe("attack 26: of another tenant's objects", () => {
  it("no list shows one, at the root or under an object, and no count knows of one", async () => {
    const seen: string[] = [];
    for (const connection of connections) {
      const list = `list: ${connection.field}(first: 100) { totalCount nodes { __typename id } }`;
      const { data, errors } = await product.ask(connection.under(list));
      expect(errors, connection.name).toEqual([]);
      const { totalCount, nodes } = data.list ?? (Object.values(data)[0] as { list: never }).list;
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

  it("none is found by its id, nor told apart from one that does not exist", async () => {
    const schema = await graphSchema(product);
    const lookups = Object.values(schema.getQueryType()?.getFields() ?? {}).filter(
      ({ args }) => args[0]?.name === "id",
    );
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

  it("no filter by their ids finds anything", async () => {
    for (const connection of connections.filter(({ name }) => name.startsWith("Query."))) {
      for (const [field, type] of Object.entries(connection.filters)) {
        const kind = field === "id" ? undefined : (field as Kind);
        if (
          type !== "[ID!]" ||
          kind === undefined ||
          !["vm", "user", "owner", "rule", "provider", "policy", "template"].includes(field)
        )
          continue;
        const id = theirs.id(
          ({
            owner: "user",
            rule: "alertRule",
            provider: "cloudProvider",
            policy: "compliancePolicy",
            template: "vmTemplate",
          }[field as "owner"] as Kind) ?? kind,
        );
        const { data } = await product.ask(`{ ${connection.field}(filter: { ${field}: ["${id}"] }) { totalCount } }`);
        expect(data[connection.field].totalCount, `${connection.name} ${field}`).toBe(0);
      }
    }
  });
});

describe("attack 29: a reference to another tenant's object", () => {
  const context = () => ({
    identity: wholeTenantIdentity(ours.tenantId, ours.id("user")),
    requestId: "request",
    deadline: Date.now() + 10_000,
  });

  /** Every entity of a subgraph, with the lists that it has there. */
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

  it.each(domains)("is null in the %s subgraph, or an empty shell, even in a signed call", async (domain) => {
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
      expect(none ?? { id: "no id" }, type).toEqual({ id: "no id" });
      for (const { name } of lists) {
        if (other) expect(other[name], `${type}.${name}`).toEqual({ totalCount: 0, nodes: [] });
      }
      expect(JSON.stringify(other ?? {}).replace(theirs.id(kindOf(type)), ""), type).not.toMatch(theirIds);
    }
  });
});

describe("attack 28: an edge", () => {
  it("that a row has to another tenant's object shows nothing of it", async () => {
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

describe.each(domains)("row-level security of the %s database", (domain) => {
  it("hides another tenant's rows from a query without a predicate, and all rows where no tenant is bound", async () => {
    await asOwner(product.urls.url(domain), async (sql) => {
      const tables = await sql<{ name: string; partitioned: boolean }[]>`
        select relname as name, relkind = 'p' as partitioned from pg_class join pg_attribute on attrelid = pg_class.oid
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition and attname = 'tenant_id'
          and has_table_privilege(${serviceRole(domain)}, pg_class.oid, 'select')
        order by 1`;
      expect(tables.length).toBeGreaterThan(2);
      if (domain === "monitoring") await insertSamples(sql);
      if (tables.some(({ name }) => name === "projected_vms")) await insertProjections(sql);
      for (const { name } of tables) {
        const count = async (tenantId?: string) => {
          const [row] = await sql.begin(async (tx) => {
            await tx.unsafe(`set local role ${serviceRole(domain)}`);
            if (tenantId) await tx`select set_config('app.tenant_id', ${tenantId}, true)`;
            return tx.unsafe<{ ours: number; theirs: number }[]>(
              `select count(*) filter (where tenant_id = '${ours.tenantId}')::int as ours,
                count(*) filter (where tenant_id = '${theirs.tenantId}')::int as theirs from ${name}`,
            );
          });
          return row;
        };
        const [all] = await sql.unsafe<{ ours: number; theirs: number }[]>(
          `select count(*) filter (where tenant_id = '${ours.tenantId}')::int as ours,
            count(*) filter (where tenant_id = '${theirs.tenantId}')::int as theirs from ${name}`,
        );
        expect(all?.ours, `${name} has rows of both tenants`).toBeGreaterThan(0);
        expect(all?.theirs, `${name} has rows of both tenants`).toBeGreaterThan(0);
        expect(await count(ours.tenantId), name).toEqual({ ours: all?.ours, theirs: 0 });
        expect(await count(theirs.tenantId), name).toEqual({ ours: 0, theirs: all?.theirs });
        expect(await count(), name).toEqual({ ours: 0, theirs: 0 });
      }
    });
  });
});

/** What the projection of each tenant's first VM would have. */
async function insertProjections(sql: Parameters<Parameters<typeof asOwner>[1]>[0]): Promise<void> {
  for (const fleet of [ours, theirs]) {
    await sql`
      insert into projected_vms (id, tenant_id, name, state, tags, version)
      values (${fleet.id("vm")}, ${fleet.tenantId}, 'projected', 'running', '{}', 1)`;
  }
}

/** One sample and one rolled-up hour of each tenant; whatever column must not be null is 0 or now. */
async function insertSamples(sql: Parameters<Parameters<typeof asOwner>[1]>[0]): Promise<void> {
  await sql.unsafe("create table if not exists samples_of_this_test partition of vm_metrics default");
  for (const table of ["vm_metrics", "vm_metrics_hourly"]) {
    const columns = await sql<{ name: string; type: string }[]>`
      select column_name as name, data_type as type from information_schema.columns
      where table_schema = 'public' and table_name = ${table} and is_nullable = 'NO' and is_generated = 'NEVER'
        and column_name not in ('tenant_id', 'vm_id')`;
    const values = columns.map(({ type }) => (type.startsWith("timestamp") ? "timestamptz '2001-01-01'" : "0"));
    for (const fleet of [ours, theirs]) {
      await sql.unsafe(
        `insert into ${table} (tenant_id, vm_id, ${columns.map(({ name }) => name).join(", ")})
          values ('${fleet.tenantId}', '${fleet.id("vm")}', ${values.join(", ")})`,
      );
    }
  }
}
