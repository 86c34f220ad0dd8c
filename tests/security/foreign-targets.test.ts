import { getNamedType, type GraphQLInputField, isEnumType, isInputObjectType, isNonNullType } from "graphql";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fleetOf, insertFleet, type Kind } from "#tests/graph/rows.ts";
import { makeApiKey, makeUser } from "#tests/harness/credentials.ts";
import { productSupergraph } from "#tests/harness/supergraph.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";

const [ours, theirs] = [fleetOf(1), fleetOf(2)];
const nobody = "0197a000-ffff-7000-8000-000000000000";
/** The kind of object that the id in a mutation's input refers to, by the mutation's name. */
const kinds: Readonly<Record<string, Kind>> = {
  revokeSession: "userSession",
  revokeUserSessions: "user",
  rotateApiKey: "apiKey",
  revokeApiKey: "apiKey",
  createPasswordReset: "user",
  setUserRole: "user",
  disableUser: "user",
  enableUser: "user",
  updateRole: "role",
  deleteRole: "role",
  grantRole: "user",
  revokeRole: "user",
  updateTenant: "tenant",
  disableTenant: "tenant",
  enableTenant: "tenant",
  setTenantQuota: "tenant",
};
/** No user outside the platform has an object of these; they are refused whatever the id is. */
const ofThePlatform = new Set(["updateTenant", "disableTenant", "enableTenant", "setTenantQuota"]);
/** Ids that name where something is created, not the object that is changed. */
const notTargets = new Set(["SignInInput.tenantId", "CreateApiKeyInput.tenantId"]);

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

interface Targeting {
  name: string;
  query: string;
  input(id: string): Record<string, unknown>;
}

/** Returns every mutation whose input names an object to change. */
function targeting(): Targeting[] {
  return Object.values(apiSchema.getMutationType()?.getFields() ?? {}).flatMap(({ name, args }) => {
    const type = args[0] && getNamedType(args[0].type);
    if (!isInputObjectType(type)) return [];
    const fields = Object.values(type.getFields());
    const target = fields.find(
      (field) => String(getNamedType(field.type)) === "ID" && !notTargets.has(`${type.name}.${field.name}`),
    );
    if (!target) return [];
    const others = fields.filter((field) => field !== target && isNonNullType(field.type));
    return {
      name,
      query: `mutation ($input: ${type.name}!) { ${name}(input: $input) { userErrors { code } } }`,
      input: (id) => Object.fromEntries([[target.name, id], ...others.map((field) => [field.name, some(field)])]),
    };
  });
}

function some({ type }: GraphQLInputField): unknown {
  const named = getNamedType(type);
  if (isEnumType(named)) return named.getValues()[0]?.name;
  if (isInputObjectType(named)) return {};
  return String(named) === "ID" ? ours.id("role") : "something";
}

/** The tables that record what was attempted, also on an object of another tenant. */
const records = ["auth_audit_log", "outbox_events"];

/** Returns the other tenant's rows in every table of the auth database, as text. */
const everythingOfTheirs = () =>
  asOwner(product.urls.url("auth"), async (sql) => {
    const tables = await sql<{ name: string }[]>`
      select relname as name from pg_class join pg_attribute on attrelid = pg_class.oid
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
        and (attname = 'tenant_id' or relname = 'tenants' and attname = 'id') and relname <> all(${records})
      order by 1`;
    const ofTable = async (name: string) =>
      (await sql.unsafe(`select * from ${name} t where to_jsonb(t)::text like '%0197a000-0002-%'`)).map((row) => ({
        ...row,
      }));
    const rows = await Promise.all(tables.map(async ({ name }) => [name, await ofTable(name)] as const));
    expect(rows.filter(([, ofTheirs]) => ofTheirs.length === 0).map(([name]) => name)).toEqual([]);
    return JSON.stringify(rows);
  });

it("attack 27: a mutation of another tenant's object returns NOT_FOUND, as for one that does not exist, and changes nothing", async () => {
  const before = await everythingOfTheirs();
  const mutations = targeting();
  // A mutation that is added needs an entry in `kinds`.
  expect(mutations.map(({ name }) => name).toSorted()).toEqual(Object.keys(kinds).toSorted());
  for (const { name, query, input } of mutations) {
    const foreign = await product.ask(query, { input: input(theirs.id(kinds[name] as Kind)) }, key);
    const unknown = await product.ask(query, { input: input(nobody) }, key);
    expect(
      foreign.errors.map(({ extensions }) => extensions.code),
      name,
    ).toEqual([ofThePlatform.has(name) ? "FORBIDDEN" : "NOT_FOUND"]);
    expect(foreign, name).toEqual(unknown);
  }
  expect(await everythingOfTheirs()).toBe(before);
});

it("attack 27: a mutation that refers to another tenant's object in a second id returns NOT_FOUND and changes nothing", async () => {
  const further: Readonly<Record<string, Kind>> = { "grantRole.roleId": "role", "revokeRole.roleId": "role" };
  const before = await everythingOfTheirs();
  const queries: string[] = [];
  for (const { name, args } of Object.values(apiSchema.getMutationType()?.getFields() ?? {})) {
    const type = args[0] && getNamedType(args[0].type);
    if (!isInputObjectType(type)) continue;
    const ids = Object.values(type.getFields()).filter(
      (field) => String(getNamedType(field.type)) === "ID" && !notTargets.has(`${type.name}.${field.name}`),
    );
    for (const field of ids.slice(1)) {
      const coordinate = `${name}.${field.name}`;
      queries.push(coordinate);
      const given = (id: string) =>
        Object.fromEntries(ids.map((each) => [each.name, each === field ? id : ours.id(kinds[name] as Kind)]));
      const query = `mutation ($input: ${type.name}!) { ${name}(input: $input) { userErrors { code } } }`;
      const foreign = await product.ask(query, { input: given(theirs.id(further[coordinate] as Kind)) }, key);
      expect(
        foreign.errors.map(({ extensions }) => extensions.code),
        coordinate,
      ).toEqual(["NOT_FOUND"]);
      expect(foreign, coordinate).toEqual(await product.ask(query, { input: given(nobody) }, key));
    }
  }
  expect(queries.toSorted()).toEqual(Object.keys(further).toSorted());
  expect(await everythingOfTheirs()).toBe(before);
});
