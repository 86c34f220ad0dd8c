import { operationFromDocument, Supergraph } from "@apollo/federation-internals";
import { QueryPlanner } from "@apollo/query-planner";
import { parse } from "graphql";
import { describe, expect, it } from "vitest";
import { compare } from "./differential/compare.ts";
import { composed, type Federation } from "./differential/federation.ts";
import { pricesSchemas } from "./mock-supergraphs.ts";

const planned =
  ({ subgraphs }: Federation, calls: string[] = []) =>
  async (subgraph: string, query: string, variables: Readonly<Record<string, unknown>>) => {
    calls.push(`${subgraph} ${query}`);
    const answer = subgraphs[subgraph];
    if (!answer) throw new Error(`There is no subgraph ${subgraph}.`);
    return answer(query, variables);
  };

describe("a field that requires another with arguments", () => {
  const supergraph = composed(pricesSchemas);
  const { executors: both } = supergraph;

  it.each([
    ["alone", "{ items(first: 1) { shipping } }"],
    ["next to the required field without arguments", "{ items(first: 1) { price shipping } }"],
    [
      "next to the required field with the client's own arguments",
      "{ items(first: 1) { price(currency: EUR) shipping } }",
    ],
    [
      "next to a field that requires the same field with other arguments",
      "{ items(first: 1) { shipping duty bare offers { discount } } }",
    ],
    [
      "nested in an object and in a list",
      "{ items(first: 1) { box crate size { width } parts(first: 3) { weight } } }",
    ],
    ["of an interface", "{ sellers { taste thrift favourite { price } } }"],
    ["of a field that has requirements itself", "{ items(first: 1) { urgency calm shipping(express: false) } }"],
  ])("has the value that those arguments produce: %s", async (_where, query) => {
    const operation = { query, variables: {} };
    const answer = await both.ours(operation, planned(supergraph));
    expect(answer.errors).toEqual([]);
    expect(answer.data).toEqual((await supergraph.undivided(operation, { trouble: "none", seed: 0 })).data);
    expect(JSON.stringify(answer.data)).toContain("[{");
  });

  it("is fetched with fields that require the same, and separately from those that require it with other arguments", async () => {
    const calls: string[] = [];
    await both.ours(
      { query: "{ items(first: 1) { shipping box duty stock } }", variables: {} },
      planned(supergraph, calls),
    );
    const entities = /^.*_entities\(representations:\$representations\)(.*)\}$/;
    expect(calls.map((call) => call.replace(entities, "$1")).sort()).toEqual([
      "goods {items(first:1){__typename id size{width__given_6:width(unit:MM)}price__given_0:price(currency:USD)price__given_3:price(currency:EUR net:true)}}",
      "{...on Item{duty}}",
      "{...on Item{shipping box stock}}",
    ]);
  });

  it("is planned wrongly by Apollo's planner over the original supergraph: the plan has only the client's price", () => {
    const original = Supergraph.build(supergraph.sdl);
    const document = parse("{ items { price(currency: EUR) shipping } }");
    const plan = new QueryPlanner(original).buildQueryPlan(operationFromDocument(original.apiSchema(), document));
    expect(JSON.stringify(plan)).toContain("price(currency:EUR)");
    expect(JSON.stringify(plan)).not.toContain("currency:USD");
  });
});

describe("fields of two subgraphs that require each other in a chain", () => {
  const chain = composed({
    items: `type Query { item: Item } type Item @key(fields: "id") { id: ID!  name: String }`,
    labels: `type Query { labelled: [Item] }
      type Item @key(fields: "id") { id: ID!  name: String @external  two: String @external  four: String @external
        one: String @requires(fields: "name")  three: String @requires(fields: "two")  five: String @requires(fields: "four") }`,
    ranks: `type Item @key(fields: "id") { id: ID!  one: String @external  three: String @external
      two: String @requires(fields: "one")  four: String @requires(fields: "three") }`,
  });

  it.each(["{ labelled { five } }", "{ labelled { three four } }", "{ item { one two three four five } }"])(
    "are fetched one after the other: %s",
    async (query) => {
      const answer = await chain.executors.ours({ query, variables: {} }, planned(chain));
      expect(answer.errors).toEqual([]);
      expect(answer.data).toEqual((await chain.undivided({ query, variables: {} }, { trouble: "none", seed: 0 })).data);
    },
  );
});

describe("a field that requires a field of another object", () => {
  const separate = composed({
    posts: `type Query { posts: [Post!] } type Post @key(fields: "id") { id: ID!  novice: Boolean @external  expert: Boolean! @requires(fields: "novice") }
      type Author @key(fields: "id") { id: ID!  name: String!  years: Int! }`,
    authors: `type Post @key(fields: "id") { id: ID!  author: Author  novice: Boolean @requires(fields: "author { years }") }
      type Author @key(fields: "id") { id: ID!  years: Int! @external }`,
  });
  const returned = composed({
    posts: `type Query { posts: [Post!] } type Post @key(fields: "id") { id: ID!  author(in: Int): Author  authors: [Author] }
      type Author { name: String!  years: Int! }`,
    ranks: `type Query { ranked: [Post] } type Post @key(fields: "id") { id: ID!  author(in: Int): Author @external  authors: [Author] @external
        novice: Boolean @requires(fields: "author { years }")  rank: Int @requires(fields: "authors { years }") } type Author { years: Int! @external }`,
  });

  it.each([
    [separate, "{ posts { novice author { name } } }"],
    [separate, "{ posts { expert author { name years } } }"],
    [returned, "{ posts { novice author { name } } }"],
    [returned, "query($in: Int = 2) { posts { a: author(in: $in) { name } author { years name } novice } }"],
    [returned, "{ posts { rank authors { name } } ranked { novice author { name } rank authors { name } } }"],
  ])("has its value where another field of that object fails: %#", async (federation, query) => {
    let failures = 0;
    for (let seed = 0; seed < 12; seed += 1) {
      for (const trouble of ["error", "null"] as const) {
        await compare(federation, { query, variables: {} }, { trouble, seed });
        const { failures: failed } = await federation.undivided({ query, variables: {} }, { trouble, seed });
        failures += failed.filter((path) => path.at(-1) === "name").length;
      }
    }
    expect(failures).toBeGreaterThan(0);
  });
});
