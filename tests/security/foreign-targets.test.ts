import {
  getNamedType,
  getNullableType,
  type GraphQLInputField,
  isEnumType,
  isInputObjectType,
  isListType,
  isRequiredInputField,
} from "graphql";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Domain, domains } from "#db/columns.ts";
import type { Kind } from "#tests/graph/kinds.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { exampleOf } from "#tests/mutations/examples.ts";
import { makeApiKey, makeUser } from "#tests/harness/credentials.ts";
import { productSupergraph } from "#tests/harness/supergraph.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";

const [ours, theirs] = [fleetOf(1), fleetOf(2)];
const nobody = "0197a000-ffff-7000-8000-000000000000";
let product: TestProduct;
/** The key of a user who has all rights in our tenant. */
let key: string;
beforeAll(async () => {
  product = await bootProduct({ authenticates: true });
  await insertFleet(product.urls, 1, 3);
  await insertFleet(product.urls, 2, 3);
  const { tenantId } = ours;
  const { id } = await makeUser(product.databases.auth, { tenantId, role: "admin" });
  ({ key } = await makeApiKey(product.databases.auth, { tenantId, userId: id }));
});
afterAll(() => product.stop());

const { apiSchema } = productSupergraph();

interface Target {
  name: string;
  /** The field of the input that names the object. */
  field: string;
  kind: Kind;
  /** The input, with an id in that field and our own objects in the others. */
  input(id: string): Record<string, unknown>;
}

/** Returns the ids in the inputs of mutations, each as the mutation's example describes it. */
function targets(): Target[] {
  return Object.values(apiSchema.getMutationType()?.getFields() ?? {}).flatMap(({ name, args }) => {
    const type = args[0] && getNamedType(args[0].type);
    if (!isInputObjectType(type)) return [];
    const { ids = {} } = exampleOf(name);
    const fields = Object.values(type.getFields());
    const named = fields.filter((field) => String(getNamedType(field.type)) === "ID").map((field) => field.name);
    expect(named.toSorted(), `the ids of ${name} in its example`).toEqual(Object.keys(ids).toSorted());
    const required = Object.fromEntries(fields.filter(isRequiredInputField).map((of) => [of.name, some(of, ids)]));
    return Object.entries(ids).flatMap(([field, kind]) =>
      kind ? { name, field, kind, input: (id: string) => ({ ...required, [field]: id }) } : [],
    );
  });
}

function some({ name, type }: GraphQLInputField, ids: Readonly<Record<string, Kind | null>>): unknown {
  const named = getNamedType(type);
  if (isListType(getNullableType(type))) return [];
  if (isEnumType(named)) return named.getValues()[0]?.name;
  if (isInputObjectType(named)) return {};
  const kind = ids[name];
  return kind ? ours.id(kind) : "something";
}

/** The mutations that only users of the platform may send: all others are refused, whatever the id is. */
const ofThePlatform = (): Set<string> =>
  new Set(
    product.subgraphs
      .flatMap(({ schema }) => Object.values(schema.getMutationType()?.getFields() ?? {}))
      .flatMap(({ name, astNode }) => (astNode?.directives?.some((each) => each.name.value === "policy") ? name : [])),
  );

/** The tables that record what was attempted, also on an object of another tenant, and the one that only follows from events. */
const records = ["auth_audit_log", "outbox_events", "projected_vms"];

/** Returns the other tenant's rows in every table of the databases that mutations change, as text. */
const everythingOfTheirs = () => Promise.all(domains.filter(isChanged).map(rowsOfTheirs));

const isChanged = (domain: Domain): boolean =>
  product.subgraphs.some(
    ({ name, schema }) =>
      name === domain &&
      Object.keys(schema.getMutationType()?.getFields() ?? {}).some(
        (field) => field in (apiSchema.getMutationType()?.getFields() ?? {}),
      ),
  );

const rowsOfTheirs = (domain: Domain) =>
  asOwner(product.urls.url(domain), async (sql) => {
    const tables = await sql<{ name: string }[]>`
      select relname as name from pg_class join pg_attribute on attrelid = pg_class.oid
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
        and (attname = 'tenant_id' or relname = 'tenants' and attname = 'id') and relname <> all(${records})
      order by 1`;
    const ofTable = (name: string) =>
      sql.unsafe(`select * from ${name} t where to_jsonb(t)::text like '%0197a000-0002-%'`);
    const rows = await Promise.all(tables.map(async ({ name }) => [name, await ofTable(name)] as const));
    expect(rows.filter(([, ofTheirs]) => ofTheirs.length === 0).map(([name]) => name)).toEqual([]);
    return JSON.stringify(rows);
  });

it("attack 27: a mutation of another tenant's object returns NOT_FOUND, as for one that does not exist, and changes nothing", async () => {
  const before = await everythingOfTheirs();
  const forThePlatform = ofThePlatform();
  expect(targets().length).toBeGreaterThan(15);
  for (const { name, field, kind, input } of targets()) {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${name}(input: $input) { userErrors { code } } }`;
    const foreign = await product.ask(query, { input: input(theirs.id(kind)) }, key);
    const unknown = await product.ask(query, { input: input(nobody) }, key);
    const codes = foreign.errors.map(({ extensions }) => extensions.code);
    expect(codes, `${name}.${field}`).toEqual([forThePlatform.has(name) ? "FORBIDDEN" : "NOT_FOUND"]);
    expect(foreign, `${name}.${field}`).toEqual(unknown);
  }
  expect(await everythingOfTheirs()).toEqual(before);
});
