import { describe, expect, it } from "vitest";
import { compare } from "./differential/compare.ts";
import { composed, type Federation } from "./differential/federation.ts";
import type { Trouble } from "./differential/world.ts";

const troubles: readonly Trouble[] = ["none", "error", "null"];

async function answersAsUndivided(federation: Federation, query: string): Promise<void> {
  for (const trouble of troubles)
    for (const seed of trouble === "none" ? [0] : [1, 2, 3])
      await compare(federation, { query, variables: {} }, { trouble, seed });
}

/** Returns the calls of an operation: the subgraph and its selection, without what surrounds the entities. */
async function callsOf({ executors, subgraphs }: Federation, query: string): Promise<string[]> {
  const calls: string[] = [];
  const { errors, invalid } = await executors.ours({ query, variables: {} }, async (name, text, variables) => {
    calls.push(`${name} ${text.replace(/^.*_entities\(representations:\$representations\)(.*)\}$/, "$1")}`);
    const subgraph = subgraphs[name];
    if (!subgraph) throw new Error(`There is no subgraph ${name}.`);
    return subgraph(text, variables);
  });
  expect([...errors, ...invalid]).toEqual([]);
  return calls;
}

const catalogue = `
  type Query { media: [Media!] }
  interface Media @key(fields: "id") { id: ID!  name: String }
  type Book implements Media @key(fields: "id") { id: ID!  name: String  pages: Int }
  type Film implements Media @key(fields: "id") { id: ID!  name: String!  minutes: Int  sequel: Media }`;

describe("a field that an @interfaceObject requires", () => {
  const labels = `
    type Query { labelled: [Media] }
    type Media @interfaceObject @key(fields: "id") {
      id: ID!  name: String @external  price(l: Int): Int  label: String @requires(fields: "name")  best: [Media] @requires(fields: "name") }`;
  const ratings = `
    type Query { rated: [Media!] }
    type Media @interfaceObject @key(fields: "id") {
      id: ID!  label: String @external  stars: Int  rank: String @requires(fields: "label") }`;
  const discs = `type Film @key(fields: "id") { id: ID!  name: String! @external  disc: String @requires(fields: "name") }`;
  const federation = composed({ catalogue, labels, ratings, discs });

  it.each([
    ["starting in the subgraph that defines the interface", "{ media { name label } }"],
    ["starting in the subgraph that defines the field", "{ labelled { label } }"],
    ["starting in another subgraph with an @interfaceObject", "{ rated { stars label rank } }"],
    ["of one object type", "{ labelled { price ... on Film { label minutes } } }"],
    ["of each type by a different alias", "{ media { ... on Book { x: label } ... on Film { y: label x: disc } } }"],
    ["which another field requires", "{ media { rank } labelled { rank label } }"],
    [
      "when it returns objects of the interface",
      "{ media { best { __typename id best { label } ... on Film { minutes rank } } } }",
    ],
    ["below an object type", "{ media { ... on Film { sequel { label ... on Book { pages rank } } } } }"],
  ])("is fetched %s: %s", (_where, query) => answersAsUndivided(federation, query));

  it("is fetched for an object that has two interfaces", async () => {
    const twice = composed({
      catalogue: `
        type Query { media: Media  sold: [Sold] }
        interface Media @key(fields: "id") { id: ID!  name: String }
        interface Sold @key(fields: "id") { id: ID! }
        type Book implements Media & Sold @key(fields: "id") { id: ID!  name: String }
        type Film implements Media @key(fields: "id") { id: ID!  name: String }`,
      labels: `
        type Query { shop: [Sold] }
        type Sold @interfaceObject @key(fields: "id") { id: ID! }
        type Media @interfaceObject @key(fields: "id") { id: ID!  name: String @external  label: String @requires(fields: "name") }`,
    });
    await answersAsUndivided(twice, "{ media { label } sold { id ... on Media { label } } }");
  });

  it("is fetched in the order in which fields of several subgraphs require each other", async () => {
    const chain = composed({
      catalogue,
      labels: `
        type Query { labelled: [Media] }
        type Media @interfaceObject @key(fields: "id") {
          id: ID!  name: String @external  two: String @external  four: String @external
          one: String @requires(fields: "name")  three: String @requires(fields: "two")  five: String @requires(fields: "four") }`,
      ranks: `
        type Media @interfaceObject @key(fields: "id") {
          id: ID!  one: String @external  three: String @external
          two: String @requires(fields: "one")  four: String @requires(fields: "three") }`,
    });
    await answersAsUndivided(chain, "{ labelled { five } media { three ... on Book { one two three four five } } }");
  });

  it("is one call for all types with the same selection", async () => {
    const [first, ...others] = await callsOf(federation, "{ media { label } }");
    expect(first).toContain("catalogue {media");
    expect(others).toEqual(["labels {...on Media{label}}"]);
  });
});

describe("a subgraph that defines objects of several types as one", () => {
  const reviews = `
    type Query { reviewed: [Media] }
    type Media @interfaceObject @key(fields: "id") { id: ID!  stars: Int  critic: String!  review: Review }
    type Review { text: String!  by: String!  likes: Int }`;
  const federation = composed({ catalogue, reviews });

  it("is queried separately for the fields of each type where they differ", async () => {
    const query = "{ media { ... on Book { stars } ... on Film { critic } } }";
    const calls = await callsOf(federation, query);
    expect(calls.slice(1).sort()).toEqual(["reviews {...on Media{critic}}", "reviews {...on Media{stars}}"]);
    const same = await callsOf(federation, "{ media { stars ... on Book { critic } ... on Film { critic } } }");
    expect(same.length).toBe(2);
  });

  it.each([
    "{ media { ... on Book { stars } ... on Film { critic } } }",
    "{ media { stars ... on Film { critic } } }",
    "{ media { stars ... on Book { review { text } } ... on Film { review { by likes } } } }",
    "{ reviewed { stars ... on Film { critic minutes } ... on Book { review { likes } } } }",
    "{ media { ... on Film { sequel { ... on Book { stars } ... on Film { critic } } } ... on Book { critic } } }",
  ])("loses no field of an object because a field of another type fails: %s", (query) =>
    answersAsUndivided(federation, query),
  );
});

describe("a field whose subgraph cannot be called again with what the field requires", () => {
  const sources = `type Item @key(fields: "id") @key(fields: "code") { id: ID!  code: ID!  name: String }`;
  const labelled = (keys: string, type = "String") => `
    type Query { item: Item }
    type Item ${keys} { id: ID!  code: ID! @external  name: String @external  label: ${type} @requires(fields: "name") }`;
  const answerOf = async ({ executors, subgraphs }: Federation, query: string) =>
    executors.ours({ query, variables: {} }, async (name, text, variables) => {
      const subgraph = subgraphs[name];
      if (!subgraph) throw new Error(`There is no subgraph ${name}.`);
      return subgraph(text, variables);
    });

  it.each(["String", "String!"])("is null with an error: %s", async (type) => {
    const keys = '@key(fields: "id", resolvable: false) @key(fields: "code", resolvable: false)';
    const { data, invalid } = await answerOf(
      composed({ sources, labels: labelled(keys, type) }),
      "{ item { id label } }",
    );
    expect(invalid).toEqual([["item", "label"]]);
    expect(data).toEqual({ item: type === "String" ? { id: expect.any(String), label: null } : null });
  });

  it("is null with an error also on an @interfaceObject", async () => {
    const federation = composed({
      catalogue: catalogue.replace("media: [Media!]", "count: Int").replace("sequel: Media", ""),
      labels: `type Query { labelled: Media }
        type Media @interfaceObject @key(fields: "id", resolvable: false) {
          id: ID!  name: String @external  label: String @requires(fields: "name") }`,
    });
    const { data, invalid } = await answerOf(federation, "{ labelled { name label } }");
    expect(invalid).toEqual([["labelled", "label"]]);
    expect(data).toEqual({ labelled: { name: expect.any(String), label: null } });
  });

  it("is fetched by a key that only another subgraph has", async () => {
    const keys = '@key(fields: "code") @key(fields: "id", resolvable: false)';
    await answersAsUndivided(composed({ sources, labels: labelled(keys) }), "{ item { id label } }");
  });
});

describe("a subgraph that defines two interfaces as objects, one of them only by its key", () => {
  const federation = composed({
    catalogue: `type Query { media: [Media] }
      interface Media @key(fields: "id") { id: ID! }
      interface Sold @key(fields: "id") { id: ID! }
      type Book implements Media & Sold @key(fields: "id") { id: ID! }
      type Film implements Media @key(fields: "id") { id: ID! }`,
    ratings: `type Media @interfaceObject @key(fields: "id") { id: ID!  stars: Float }
      type Sold @interfaceObject @key(fields: "id") { id: ID! }`,
    shelf: `type Query { shelf: [Media] }
      type Media @interfaceObject @key(fields: "id") { id: ID! }
      type Sold @interfaceObject @key(fields: "id") { id: ID! }`,
  });

  it.each([
    "{ media { ... on Book { stars } } }",
    "{ shelf { stars ... on Sold { id } } media { stars ... on Book { stars id } } }",
  ])("is queried for the fields of the other: %s", (query) => answersAsUndivided(federation, query));
});

describe("a key by which a subgraph cannot resolve an @interfaceObject", () => {
  const unresolvable = '@interfaceObject @key(fields: "id", resolvable: false)';
  const federation = composed({
    catalogue: `type Query { sold: Sold }
      interface Media @key(fields: "id") { id: ID! }
      interface Sold @key(fields: "id") { id: ID! }
      type Book implements Media & Sold @key(fields: "id") { id: ID!  pages: Int }
      type Film implements Media @key(fields: "id") { id: ID!  minutes: Int }`,
    stock: `type Query { stock(at: Int): Media! }
      type Media ${unresolvable} { id: ID! }
      type Sold ${unresolvable} { id: ID! }`,
    shelf: `type Query { shelf(at: Int): Media }
      type Media @interfaceObject @key(fields: "id") @key(fields: "code", resolvable: false) { id: ID!  code: ID!  place: Int }`,
  });

  it.each([
    "{ a: stock(at: 1) { ... on Sold { id } } b: stock(at: 2) { ... on Book { x: id } } c: stock(at: 3) { ... on Sold { id } } }",
    "{ stock { ... on Sold { x: id } ... on Film { minutes place } } sold { id } }",
    "{ a: shelf(at: 1) { place ... on Book { code pages } ... on Film { x: code } } b: shelf(at: 2) { ... on Sold { ... on Book { id code } } } }",
  ])("is read from the object that the subgraph returned: %s", (query) => answersAsUndivided(federation, query));
});

describe("an object of which only the interface is known", () => {
  const federation = composed({
    catalogue: `interface Media @key(fields: "id") { id: ID!  title(in: Int): String  pages: Int }
      type Book implements Media @key(fields: "id") { id: ID!  title(in: Int): String!  pages: Int! }
      type Film implements Media @key(fields: "id") { id: ID!  title(in: Int): String  pages: Int }`,
    shelf: `type Query { shelf(at: Int): Media } type Media @interfaceObject @key(fields: "id") { id: ID!  place: Int }`,
  });

  it.each(["title", "place title ... on Book { pages }", "... on Film { title } ... on Book { title pages }"])(
    "is null when a field fails that may be null by the interface and not by the object's type: %s",
    async (selection) => {
      const query = `{ ${[1, 2, 3, 4, 5, 6].map((at) => `s${at}: shelf(at: ${at}) { ${selection} }`).join(" ")} }`;
      let failures = 0;
      for (let seed = 0; seed < 20; seed += 1) {
        const operation = { query, variables: {} };
        await compare(federation, operation, { trouble: "error", seed });
        const expected = await federation.undivided(operation, { trouble: "error", seed });
        failures += expected.failures.filter((path) => path.length > 1).length;
      }
      expect(failures).toBeGreaterThan(5);
    },
  );
});

describe("a field that requires another one that is null", () => {
  it("is fetched where types differ on whether the required field may be null", async () => {
    const federation = composed({
      catalogue: `type Query { media: [Media] }  interface Media { id: ID!  weight: Float }
        type Book implements Media @key(fields: "id") { id: ID!  weight: Float }
        type Film implements Media @key(fields: "id") { id: ID!  weight: Float! }`,
      parcels: `type Book @key(fields: "id") { id: ID!  weight: Float @external  parcel: String @requires(fields: "weight") }`,
    });
    for (const alias of ["a", "b", "c", "d", "e", "f", "g", "h"])
      await answersAsUndivided(federation, `{ ${alias}: media { ... on Film { weight } ... on Book { parcel } } }`);
  });
});
