import { describe, expect, it } from "vitest";
import { gatewayOver, itself, typed, whole } from "./real-subgraphs.ts";

describe("case G1: the type of an object decides how its fields are written, whatever interface selected them first", () => {
  const product = { type: "Book", s: { type: "Novel", n: "one", r: 7, own: 3 } };
  const ask = gatewayOver({
    a: {
      sdl: `
        type Query { p: P u: U }
        union U = Book | Other
        interface P { s: P n: String }
        interface Q { s: R }
        interface R { r: Int }
        type Book implements P & Q { s: Novel n: String }
        type Novel implements P & R { s: P n: String r: Int own: Int }
        type Other implements P { s: P n: String! }`,
      resolvers: {
        P: { __resolveType: typed },
        Q: { __resolveType: typed },
        R: { __resolveType: typed },
        U: { __resolveType: typed },
        Query: { p: () => product, u: () => product },
      },
    },
  });
  it.each([
    ["{ p { s { n } ... on Q { s { r } } } }", { p: { s: { n: "one", r: 7 } } }],
    ["{ u { ... on P { s { n } } ... on Book { s { own } } } }", { u: { s: { n: "one", own: 3 } } }],
    ["{ p { ... on Q { s { r } } s { __typename ... on R { r } } } }", { p: { s: { r: 7, __typename: "Novel" } } }],
  ])("%s", async (query, data) => {
    expect(await ask(query)).toEqual(whole(data));
  });
});

it("case G1: a null violates the non-null of the object's own type, even if its interface allows null there", async () => {
  const ask = gatewayOver({
    a: {
      sdl: `type Query { p: P } interface P { n: String } type Strict implements P @key(fields: "n") { n: String! m: Int }`,
      resolvers: { P: { __resolveType: typed }, Query: { p: () => ({ type: "Strict" }) } },
    },
    b: {
      sdl: `type Strict @key(fields: "n") { n: String! more: Int! }`,
      resolvers: { Strict: { __resolveReference: () => null } },
    },
  });
  expect((await ask("{ p { ... on Strict { m } } }")).data).toEqual({ p: { m: null } });
  expect((await ask("{ p { n } }")).data).toEqual({ p: null });
});

describe("case G3: a field that no plan fetches is an error, never a silent null", () => {
  const ask = gatewayOver({
    a: {
      sdl: `type Query { a: Node sure: Int! } interface Node @key(fields: "id") { id: ID! }`,
      resolvers: { Query: { sure: () => 1 } },
    },
    b: {
      sdl: `type Query { b: Node } type Node @interfaceObject @key(fields: "id", resolvable: false) { id: ID! field: String }`,
      resolvers: { Query: { b: () => ({ id: "1", field: "f" }) } },
    },
  });
  it.each([
    ["{ a { field } }", { a: null }, [["a"]]],
    ["{ x: a { field } sure }", { x: null, sure: 1 }, [["x"]]],
    ["{ b { id field } }", { b: { id: "1", field: "f" } }, []],
  ])("%s", async (query, data, invalid) => {
    expect(await ask(query)).toEqual({ data, failed: [], invalid });
  });
});

describe("case G4: a null in a non-null field is an error at its path", () => {
  const ask = gatewayOver({
    a: {
      sdl: `type Query { u: U us: [U!] sure: U! } type U @key(fields: "id") { id: ID! }`,
      resolvers: {
        Query: { u: () => ({ id: "1" }), us: () => [{ id: "0" }, { id: "1" }], sure: () => ({ id: "1" }) },
      },
    },
    b: {
      sdl: `type U @key(fields: "id") { id: ID! name: String! nick: String failing: Int! }`,
      resolvers: {
        U: {
          __resolveReference: ({ id }: { id: string }) => (id === "1" ? null : { id, name: "zero" }),
          failing: () => {
            throw new Error("broken");
          },
        },
      },
    },
  });
  it.each([
    ["of an entity that does not exist", "{ u { id name } }", { u: null }, [], [["u", "name"]]],
    ["of an entity in a list", "{ us { id name } }", { us: null }, [], [["us", 1, "name"]]],
    ["that propagates to the root", "{ sure { x: name } }", null, [], [["sure", "x"]]],
    ["except where the type is nullable", "{ u { id nick } }", { u: { id: "1", nick: null } }, [], []],
    [
      "without a second error where a subgraph reports one",
      "{ us { failing } }",
      { us: null },
      [["us", 0, "failing"]],
      [],
    ],
  ])("%s", async (_which, query, data, failed, invalid) => {
    expect(await ask(query)).toEqual({ data, failed, invalid });
  });
});

describe("case G6: fields of different types that share a response key are each fetched as they were selected", () => {
  const ask = gatewayOver({
    a: {
      sdl: `
        type Query { media: [Media] }
        interface Media @key(fields: "id") { id: ID! title: String }
        type Book implements Media @key(fields: "id") { id: ID! title: String }
        type Film implements Media @key(fields: "id") { id: ID! title: String tag(l: String): String }`,
      resolvers: {
        Media: { __resolveType: typed },
        Film: { tag: (_film: never, { l }: { l: string }) => `tag ${l}` },
        Query: {
          media: () => [
            { type: "Book", id: "b", title: "a book" },
            { type: "Film", id: "f", title: "a film" },
          ],
        },
      },
    },
    b: {
      sdl: `
        type Media @interfaceObject @key(fields: "id") { id: ID! review(stars: Int, of: Of): String other: String }
        input Of { year: Int month: Int }`,
      resolvers: {
        Media: {
          __resolveReference: itself,
          review: ({ id }: { id: string }, args: object) => `${id} ${JSON.stringify(Object.values(args)).slice(1, -1)}`,
          other: ({ id }: { id: string }) => `other ${id}`,
        },
      },
    },
  });
  it.each([
    [
      "{ media { ... on Book { review(stars: 3) } ... on Film { review(stars: 4) } } }",
      { media: [{ review: "b 3" }, { review: "f 4" }] },
    ],
    [
      `{ media { ... on Book { x: title } ... on Film { x: tag(l: "q") } } }`,
      { media: [{ x: "a book" }, { x: "tag q" }] },
    ],
    [
      "{ media { ... on Book { x: review(stars: 1) } ... on Film { x: other } } }",
      { media: [{ x: "b 1" }, { x: "other f" }] },
    ],
    [
      "{ media { ... on Book { review } ... on Film { review(stars: 2) } } again: media { review(stars: 5) } }",
      { media: [{ review: "b " }, { review: "f 2" }], again: [{ review: "b 5" }, { review: "f 5" }] },
    ],
  ])("%s", async (query, data) => {
    expect(await ask(query)).toEqual(whole(data));
  });

  it("arguments in another order select the same field", async () => {
    const { data } = await ask(
      "{ media { ... on Book { review(stars: 1, of: { year: 2, month: 3 }) review(of: { month: 3, year: 2 }, stars: 1) } } }",
    );
    expect(data).toEqual({ media: [{ review: 'b 1,{"year":2,"month":3}' }, {}] });
  });
});
