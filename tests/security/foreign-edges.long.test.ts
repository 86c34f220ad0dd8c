import { getNamedType, type GraphQLObjectType, isLeafType, isObjectType, isRequiredArgument } from "graphql";
import { afterAll, beforeAll, expect, it } from "vitest";
import { domains } from "#db/columns.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { productSupergraph } from "#tests/harness/supergraph.ts";
import { selectionOf, waysTo } from "./selections.ts";

const ours = fleetOf(1);
/** Matches the name and the id of every row of the other tenant. */
const foreign = /t2 n\d+|0197a000-0002-/;
const isPlumbing = ({ name }: GraphQLObjectType): boolean => /(Connection|Edge|PageInfo)$/.test(name);

let product: TestProduct;
beforeAll(async () => {
  product = await bootProduct({ tenantId: ours.tenantId });
  await insertFleet(product.urls, 1, 3);
  await insertFleet(product.urls, 2, 3);
});
afterAll(() => product.stop());

/** Returns all leaf fields of an object but its id, which is known already to any row that refers to it. */
function leavesOf(type: GraphQLObjectType): string {
  const leaves = Object.values(type.getFields()).filter(
    ({ name, args, type: of }) => name !== "id" && isLeafType(getNamedType(of)) && !args.some(isRequiredArgument),
  );
  return leaves.length > 0 ? leaves.map(({ name }) => name).join(" ") : "__typename";
}

interface Edge {
  coordinate: string;
  /** Returns what is at the other end, as JSON; undefined for null. */
  ask(): Promise<string | undefined>;
}

/** Every edge of an object of our tenant, to one object or to many. */
const edges: Edge[] = [...waysTo(productSupergraph(), ours)].flatMap(([type, way]) =>
  isPlumbing(type)
    ? []
    : Object.values(type.getFields()).flatMap((field) => {
        const reached = getNamedType(field.type);
        if (!isObjectType(reached)) return [];
        const node = reached.getFields()["nodes"]?.type;
        const item = node && getNamedType(node);
        const below = isObjectType(item) ? `nodes { ${leavesOf(item)} }` : leavesOf(reached);
        const ask = async () => {
          const { data } = await product.ask(way.ask(selectionOf(field, below)));
          let object: unknown = data;
          for (const key of [...way.path, field.name]) object = (object as Record<string, unknown> | null)?.[key];
          return object === null || object === undefined ? undefined : JSON.stringify(object);
        };
        return { coordinate: `${type.name}.${field.name}`, ask };
      }),
);

const endsOf = async (): Promise<Map<string, string | undefined>> => {
  const ends = new Map<string, string | undefined>();
  for (const { coordinate, ask } of edges) ends.set(coordinate, await ask());
  return ends;
};

/** Replaces every id that our rows refer to with the other tenant's, but for infrastructure and prices, which no tenant owns. */
async function referToTheirs(): Promise<number> {
  const missing = (["clusterNode", "cluster", "instancePrice"] as const).map(
    (kind) => `${ours.id(kind).slice(0, 23)}%`,
  );
  let changed = 0;
  for (const domain of domains) {
    await asOwner(product.urls.url(domain), async (sql) => {
      // This disables all foreign keys and triggers.
      await sql`set session_replication_role = replica`;
      const columns = await sql<{ table: string; column: string }[]>`
        select c.table_name as table, c.column_name as column
        from information_schema.columns c join information_schema.columns t using (table_schema, table_name)
        where c.table_schema = 'public' and c.data_type = 'uuid' and c.column_name not in ('id', 'tenant_id')
          and t.column_name = 'tenant_id'`;
      for (const { table, column } of columns) {
        const { count } = await sql
          .unsafe(
            `update ${table} set ${column} = replace(${column}::text, '0197a000-0001-', '0197a000-0002-')::uuid
            where tenant_id = $1 and ${column}::text like '0197a000-0001-%' and not ${column}::text like any ($2)`,
            [ours.tenantId, missing],
          )
          .catch((error: { code: string }) => {
            // The other tenant's own row has that value already, and it must be unique.
            if (error.code === "23505") return { count: 0 };
            throw error as unknown as Error;
          });
        changed += count;
      }
    });
  }
  return changed;
}

it("attack 28: no edge of any type shows an object of another tenant, even when a row refers to it", async () => {
  const before = await endsOf();
  expect(edges.length).toBeGreaterThan(50);
  expect([...before].filter(([, end]) => end && foreign.test(end))).toEqual([]);
  expect(await referToTheirs()).toBeGreaterThan(50);
  const after = await endsOf();
  expect([...after].filter(([, end]) => end && foreign.test(end))).toEqual([]);
  // These edges led to an object of ours before, and to nothing now.
  const lost = [...before.keys()].filter((edge) => before.get(edge) !== undefined && after.get(edge) === undefined);
  expect(lost).toEqual(expect.arrayContaining(["Vm.owner", "Migration.initiatedBy", "Alert.rule", "VmSnapshot.vm"]));
});
