import { graphql, type GraphQLFieldResolver, isObjectType, parse } from "graphql";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { describe, expect, it } from "vitest";
import { entityLoaders } from "../graphql/batching.ts";
import { connectionFields } from "../graphql/connections.ts";
import type { Page, PageArguments } from "../graphql/pagination.ts";
import { completeLists, listedNouns } from "./complete-lists.ts";
import { entityResolvers, type SubgraphEntities } from "./entity-resolvers.ts";
import { requireServedFields } from "./served-fields.ts";

interface Host {
  id: string;
  name: string;
}
interface Machine {
  id: string;
  hostId: string | null;
  owner: string | null;
}

const id = (number: number) => `00000000-0000-4000-8000-00000000000${number}`;
const hosts: Host[] = [1, 2].map((number) => ({ id: id(number), name: `host ${number}` }));
const machines: Machine[] = [
  { id: id(3), hostId: id(2), owner: id(7) },
  { id: id(4), hostId: id(1), owner: null },
  { id: id(5), hostId: id(2), owner: null },
  { id: id(6), hostId: null, owner: null },
];

/** The reads that a request made. */
type Reads = string[];
const pageOf = <Row extends { id: string }>(rows: readonly Row[], withTotal: boolean): Page<Row> => ({
  edges: rows.map((node) => ({ cursor: node.id, node })),
  hasNextPage: false,
  hasPreviousPage: false,
  totalCount: withTotal ? rows.length : null,
});
const readsOf = <Row extends { id: string }, Parent extends string = never>(
  type: string,
  rows: readonly Row[],
  under: Record<Parent, (row: Row) => string | null>,
) => ({
  properties: Object.keys(rows[0] ?? {}),
  byId: async (reads: Reads, keys: readonly string[]) => {
    reads.push(`${type} by id: ${keys.length}`);
    return keys.map((key) => rows.find((row) => row.id === key) ?? null);
  },
  list: {
    page: async (reads: Reads, { first }: PageArguments, withTotal: boolean) => {
      reads.push(`${type}, first ${String(first)}${withTotal ? " of all" : ""}`);
      return pageOf(rows, withTotal);
    },
    among: async (reads: Reads, ids: readonly string[], filter: Readonly<Record<string, unknown>>) => {
      reads.push(`${type} among ${JSON.stringify(filter)}: ${ids.length}`);
      return ids.map((each) => rows.some((row) => row.id === each));
    },
  },
  under: Object.fromEntries(
    Object.entries<(row: Row) => string | null>(under).map(([field, parentOf]) => [
      field,
      async (reads: Reads, parents: readonly string[], { first }: PageArguments, withTotal: boolean) => {
        reads.push(`${field} of ${parents.length}, first ${String(first)}${withTotal ? " of all" : ""}`);
        return parents.map((parent) =>
          pageOf(
            rows.filter((row) => parentOf(row) === parent),
            withTotal,
          ),
        );
      },
    ]),
  ) as Record<
    Parent,
    (reads: Reads, parents: readonly string[], args: PageArguments, withTotal: boolean) => Promise<Page<Row>[]>
  >,
});
const entities = {
  Host: readsOf("Host", hosts, {}),
  Machine: readsOf("Machine", machines, { "Host.machines": ({ hostId }: Machine) => hostId }),
};

const sdl = `
  schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"]) { query: Query }
  type Query { host(id: ID!): Host hosts: HostConnection machine(id: ID!): Machine }
  type Host @key(fields: "id") @listed(one: "a host", many: "hosts") { id: ID! name: String machines: MachineConnection }
  type User @key(fields: "id") { id: ID! }
  type Machine @key(fields: "id") @listed(one: "a virtual machine", many: "virtual machines") { id: ID! host: Host owner: User }
`;

function schemaOf(text: string, of: SubgraphEntities = entities, written: Record<string, object> = {}) {
  const file = parse(text);
  const typeDefs = completeLists(file);
  const nouns = listedNouns(file);
  const derived = entityResolvers(typeDefs, of, (type) => nouns.get(type) ?? type);
  const all = Object.fromEntries(Object.entries(derived).map(([type, own]) => [type, { ...own, ...written[type] }]));
  requireServedFields(typeDefs, all, of);
  const schema = buildSubgraphSchema({ typeDefs });
  for (const [type, own] of Object.entries(all)) {
    const fields = schema.getType(type);
    if (!isObjectType(fields)) continue;
    for (const [name, resolve] of Object.entries({
      ...(type.endsWith("Connection") ? connectionFields : {}),
      ...own,
    })) {
      const field = fields.getFields()[name];
      if (field) field.resolve = resolve as GraphQLFieldResolver<unknown, unknown>;
    }
  }
  return schema;
}

async function ask(source: string) {
  const reads: Reads = [];
  const contextValue = { loaders: entityLoaders(reads, entities) };
  const { data, errors } = await graphql({ schema: schemaOf(sdl), source, contextValue });
  return { data: data && JSON.parse(JSON.stringify(data)), errors: errors?.map(({ message }) => message), reads };
}

describe("from an entity follows", () => {
  it("the look-up at the root, one read for all objects of a request", async () => {
    const { data, reads } = await ask(`{ a: host(id: "${id(1)}") { name } b: host(id: "${id(2)}") { name } }`);
    expect(data).toEqual({ a: { name: "host 1" }, b: { name: "host 2" } });
    expect(reads).toEqual(["Host by id: 2"]);
  });

  it("the failure of a look-up, in the words of the schema", async () => {
    expect((await ask(`{ machine(id: "${id(9)}") { id } }`)).errors).toEqual(["No such virtual machine."]);
    expect((await ask(`{ host(id: "9") { id } }`)).errors).toEqual([expect.stringContaining("is not an id")]);
  });

  it("the list at the root, counted only when the count is selected", async () => {
    const { data, reads } = await ask("{ hosts(first: 2) { nodes { name } } }");
    expect(data).toEqual({ hosts: { nodes: [{ name: "host 1" }, { name: "host 2" }] } });
    expect(reads).toEqual(["Host, first 2"]);
    expect((await ask("{ hosts { totalCount } }")).reads).toEqual(["Host, first undefined of all"]);
  });

  it("whether a list with a filter holds an object, one read for all objects with equal filters", async () => {
    const reads: Reads = [];
    const { Host } = entityLoaders(reads, entities);
    const held = [Host.isListed(id(1), { a: 1, b: 2 }), Host.isListed(id(9), { b: 2, a: 1 }), Host.isListed(id(2), {})];
    expect(await Promise.all(held)).toEqual([true, false, true]);
    expect(reads).toEqual(['Host among {"a":1,"b":2}: 2', "Host among {}: 1"]);
  });

  it("the list under each parent, one read for all parents of a request", async () => {
    const { data, reads } = await ask("{ hosts { nodes { machines(first: 3) { nodes { id } totalCount } } } }");
    expect(data).toEqual({
      hosts: {
        nodes: [
          { machines: { nodes: [{ id: id(4) }], totalCount: 1 } },
          { machines: { nodes: [{ id: id(3) }, { id: id(5) }], totalCount: 2 } },
        ],
      },
    });
    expect(reads).toEqual(["Host, first undefined", "Host.machines of 2, first 3 of all"]);
  });
});

describe("a reference of an entity", () => {
  it("to another entity is read once for all objects, by the id in its row, and null without an id", async () => {
    const machine = (number: number) => `m${number}: machine(id: "${id(number)}") { host { name } }`;
    const { data, reads } = await ask(`{ ${[3, 4, 5, 6].map(machine).join(" ")} }`);
    expect(data).toEqual({
      m3: { host: { name: "host 2" } },
      m4: { host: { name: "host 1" } },
      m5: { host: { name: "host 2" } },
      m6: { host: null },
    });
    expect(reads).toEqual(["Machine by id: 4", "Host by id: 2"]);
  });

  it("to an object of another subgraph is its id, without a read", async () => {
    const { data, reads } = await ask(
      `{ a: machine(id: "${id(3)}") { owner { id } } b: machine(id: "${id(4)}") { owner { id } } }`,
    );
    expect(data).toEqual({ a: { owner: { id: id(7) } }, b: { owner: null } });
    expect(reads).toEqual(["Machine by id: 2"]);
  });
});

describe("a subgraph does not start", () => {
  const served =
    (changed: string, written = {}) =>
    () =>
      schemaOf(changed, entities, written);

  it.each([
    ["a root field", "type Query { other: Int", "Query.other"],
    ["a root field that returns an entity", "type Query { other: Host", "Query.other"],
    ["a look-up by anything but the id", "type Query { other(name: String!): Host", "Query.other"],
    ["a list of objects that is no connection", "type Query { other(id: ID!): [Host]", "Query.other"],
  ])("when neither an entity nor a resolver serves %s", (_what, query, field) => {
    const changed = sdl.replace("type Query {", query);
    expect(served(changed)).toThrow(`Neither an entity nor a resolver serves ${field}.`);
    expect(served(changed, { Query: { other: () => null } })).not.toThrow();
  });

  it("when an object that references lead to has a field that is neither resolved nor a property of its rows", () => {
    const changed = sdl.replace("name: String", "title: String");
    expect(served(changed)).toThrow(
      "Neither an entity nor a resolver serves Host.title. Add a property of its name to the rows of Host, or a resolver to resolvers/Host.ts",
    );
    expect(served(changed, { Host: { title: () => "" } })).not.toThrow();
  });

  it("when a list under a parent does not follow from the entity", () => {
    const without: SubgraphEntities = { ...entities, Machine: { ...entities.Machine, under: {} } };
    expect(() => schemaOf(sdl, without)).toThrow(
      'Neither an entity nor a resolver serves Host.machines. Add "Host.machines" to `under` of the entity Machine (docs/adding-a-field.md).',
    );
  });

  it("when an entity is listed under a parent that the schema does not have, or as another type", () => {
    const message = "The schema has no such list of an entity: Host.machines: Machine.";
    expect(
      served(
        sdl.replace("machines: MachineConnection", "").replace("type Query {", "type Query { all: MachineConnection"),
      ),
    ).toThrow(message);
    expect(
      served(
        sdl
          .replace("machines: MachineConnection", "machines: HostConnection")
          .replace("type Query {", "type Query { all: MachineConnection"),
      ),
    ).toThrow(message);
  });

  it("when an object of another subgraph has a field that no resolver serves", () => {
    const changed = sdl.replace(
      'type User @key(fields: "id") { id: ID!',
      'type User @key(fields: "id") { id: ID! email: String',
    );
    expect(served(changed)).toThrow("Neither an entity nor a resolver serves User.email.");
    expect(served(changed, { User: { email: () => "" } })).not.toThrow();
  });

  it("when an entity is not a type that other subgraphs can refer to", () => {
    const changed = sdl.replaceAll('@key(fields: "id")', '@key(fields: "id", resolvable: false)');
    expect(served(changed)).toThrow("The schema has no type with @key for the entity Host, Machine.");
  });
});
