import { composeServices } from "@apollo/composition";
import { getIntrospectionQuery, parse } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GatewayServer } from "#gateway/http/server.ts";
import { ForeignSubgraph, gatewayBefore, posted, supergraphOf } from "./foreign-subgraph.ts";

const schema = (directive: string) => `
  input By ${directive} { id: ID  name: String  near: Near  all: [By!] }
  input Near ${directive} { city: String  zip: Int }
  input Filter { by: By  any: [By!] }
  type Query { user(by: By!): User  users(by: [By!], filter: Filter): [User!] }
  type User { id: ID }`;

/** As composers other than Apollo's write it. */
const bare = supergraphOf({ users: schema("") }).replaceAll(/^input (By|Near)$/gm, "input $1 @oneOf");
const imported = composeServices([
  {
    name: "users",
    url: "http://users",
    typeDefs:
      parse(`extend schema @composeDirective(name: "@oneOf") @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@composeDirective"])
        @link(url: "https://specs.example.org/oneOf/v1.0", import: ["@oneOf"])
      directive @oneOf on INPUT_OBJECT ${schema("@oneOf")}`),
  },
]).supergraphSdl;

describe.each([
  ["bare in the supergraph", bare],
  ["defined in the supergraph", `${bare}\ndirective @oneOf on INPUT_OBJECT`],
  ["imported by @link", imported ?? ""],
])("case G10: @oneOf, %s,", (_how, sdl) => {
  const users = new ForeignSubgraph();
  users.reply = { body: '{"data":{"user":{"id":"1"},"users":[]}}' };
  let gateway: GatewayServer;
  beforeAll(async () => {
    gateway = await gatewayBefore(sdl, { users: await users.start() });
  });
  afterAll(async () => {
    await gateway.close();
    users.stop();
  });

  it("is in the supergraph", () => expect(sdl).toMatch(/input By[^{]*@oneOf/));

  const ask = async (query: string, variables: object = {}) =>
    JSON.parse(await posted(gateway.url, JSON.stringify({ query, variables }))) as {
      data?: { __schema?: { types: { name: string; isOneOf: boolean | null }[] } };
      errors?: { message: string; extensions: Record<string, unknown> }[];
    };
  const codes = async (query: string, variables: object = {}) =>
    ((await ask(query, variables)).errors ?? []).map(({ extensions }) => extensions["code"]);

  it("is in the introspection", async () => {
    expect(sdl).toMatch(/input By[^{]*@oneOf/);
    const { data } = await ask(getIntrospectionQuery({ oneOf: true }));
    const types = data?.__schema?.types.filter(({ name }) => ["By", "Near", "Filter"].includes(name));
    expect(types?.map(({ name, isOneOf }) => [name, isOneOf])).toEqual(
      expect.arrayContaining([
        ["By", true],
        ["Near", true],
        ["Filter", false],
      ]),
    );
  });

  const one = "query($by: By!) { user(by: $by) { id } }";
  const many = "query($by: [By!], $filter: Filter) { users(by: $by, filter: $filter) { id } }";
  it.each([
    ["two members", one, { by: { id: "1", name: "a" } }],
    ["none", one, { by: {} }],
    ["a member that is null", one, { by: { id: null } }],
    ["a member and a null member", one, { by: { id: "1", name: null } }],
    ["two members in a nested object", one, { by: { near: { city: "a", zip: 1 } } }],
    ["two members in a nested list", one, { by: { all: [{ id: "1" }, { id: "1", name: "a" }] } }],
    ["two members in a list", many, { by: [{ id: "1" }, { id: "2", name: "b" }] }],
    ["two members in an object without @oneOf", many, { filter: { by: { id: "1", name: "a" } } }],
    ["two members in an item instead of a list", many, { filter: { any: { id: "1", name: "a" } } }],
  ])("refuses a variable with %s before it calls a subgraph", async (_what, query, variables) => {
    const before = users.received.length;
    expect(await codes(query, variables)).toEqual(["BAD_USER_INPUT"]);
    expect(users.received).toHaveLength(before);
  });

  it.each([
    ["two members", '{ user(by: {id: "1", name: "a"}) { id } }'],
    ["none", "{ user(by: {}) { id } }"],
    ["null", "{ user(by: {id: null}) { id } }"],
    ["two members in a list", '{ users(by: [{id: "1", name: "a"}]) { id } }'],
    ["two members in a nested object", '{ user(by: {near: {city: "a", zip: 1}}) { id } }'],
    ["a variable that may be null", "query($id: ID) { user(by: {id: $id}) { id } }"],
    ["a variable with a default that may be null", 'query($id: ID = "1") { user(by: {id: $id}) { id } }'],
    ["two members in a default value", 'query($by: By! = {id: "1", name: "a"}) { user(by: $by) { id } }'],
  ])("refuses a literal with %s as an invalid document", async (_what, query) => {
    const before = users.received.length;
    expect(await codes(query)).toContain("GRAPHQL_VALIDATION_FAILED");
    expect(users.received).toHaveLength(before);
  });

  it.each<[string, object]>([
    ['{ user(by: {id: "1"}) { id } }', {}],
    ["{ user(by: {near: {zip: 1}}) { id } }", {}],
    ["query($id: ID!) { user(by: {id: $id}) { id } }", { id: "1" }],
    ['query($by: By! = {all: [{name: "a"}, {id: "2"}]}) { user(by: $by) { id } }', {}],
    [one, { by: { all: [{ name: "a" }, { near: { city: "a" } }] } }],
    [many, { by: [{ id: "1" }, { name: "b" }], filter: { by: { id: "1" }, any: { name: "c" } } }],
  ])("accepts a value with exactly one member: %s", async (query, variables) => {
    expect(await codes(query, variables)).toEqual([]);
    const { variables: sent } = JSON.parse(users.received.at(-1) ?? "") as { variables: object };
    expect(sent).toEqual(variables);
  });
});
