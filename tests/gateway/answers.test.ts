import { composeServices } from "@apollo/composition";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { execute, type ExecutionResult, type GraphQLFieldResolver, parse } from "graphql";
import { describe, expect, it } from "vitest";
import { bothExecutors } from "./both-executors.ts";
import { head } from "./differential/federation.ts";

type Resolvers = Record<string, Record<string, GraphQLFieldResolver<never, unknown> | ((value: never) => unknown)>>;

interface Subgraph {
  sdl: string;
  resolvers: Resolvers;
}

/** Creates the gateway over real subgraphs. */
function gatewayOver(subgraphs: Readonly<Record<string, Subgraph>>) {
  const services = Object.entries(subgraphs).map(([name, { sdl }]) => ({
    name,
    typeDefs: parse(head + sdl),
    url: `http://${name}`,
  }));
  const { supergraphSdl, errors } = composeServices(services);
  if (!supergraphSdl) throw new Error(errors?.map(({ message }) => message).join("\n"));
  const { ours } = bothExecutors(supergraphSdl);
  const schemas = new Map(
    services.map(({ name, typeDefs }) => [
      name,
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its own type allows no resolver of a reference with another type of value
      buildSubgraphSchema([{ typeDefs, resolvers: subgraphs[name]?.resolvers as never }]),
    ]),
  );
  return async (query: string, calls: string[] = []) => {
    const {
      data,
      errors: failed,
      invalid,
    } = await ours({ query, variables: {} }, async (name, text, variables) => {
      const schema = schemas.get(name);
      if (!schema) throw new Error(`There is no subgraph ${name}.`);
      calls.push(name);
      return (await execute({
        schema,
        document: parse(text),
        variableValues: { ...variables },
        contextValue: {},
      })) satisfies ExecutionResult;
    });
    return { data, failed: failed.map(({ path }) => path), invalid };
  };
}

const typed = ({ type }: { type: string }) => type;
const itself = (reference: object) => reference;
const whole = (data: unknown) => ({ data, failed: [], invalid: [] });

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

describe("case G5: a subgraph that defines an object by @interfaceObject does not change its type", () => {
  const ask = gatewayOver({
    a: {
      sdl: `
        type Query { searchContacts: [Contact!]! }
        interface Contact @key(fields: "id") { id: ID! displayName: String! }
        type Person implements Contact @key(fields: "id") { id: ID! displayName: String! }
        type Firm implements Contact @key(fields: "id") { id: ID! displayName: String! }`,
      resolvers: {
        Contact: {
          __resolveType: typed,
          __resolveReference: ({ id }: { id: string }) => ({ id, type: id === "f" ? "Firm" : "Person" }),
        },
        Query: {
          searchContacts: () => [
            { type: "Person", id: "p", displayName: "one" },
            { type: "Firm", id: "f", displayName: "two" },
          ],
        },
      },
    },
    b: {
      sdl: `type Query { near: Contact } type Contact @interfaceObject @key(fields: "id") { id: ID! country: String friend: Contact }`,
      resolvers: {
        Contact: { __resolveReference: itself, country: () => "CH", friend: () => ({ id: "f" }) },
        Query: { near: () => ({ id: "p" }) },
      },
    },
  });
  it.each([
    [
      "{ searchContacts { __typename displayName ... on Person { __typename country } } }",
      {
        searchContacts: [
          { __typename: "Person", displayName: "one", country: "CH" },
          { __typename: "Firm", displayName: "two" },
        ],
      },
    ],
    [
      "{ searchContacts { country t: __typename ... on Person { u: __typename friend { __typename } } } }",
      {
        searchContacts: [
          { country: "CH", t: "Person", u: "Person", friend: { __typename: "Firm" } },
          { country: "CH", t: "Firm" },
        ],
      },
    ],
    [
      "{ near { country ... on Firm { id } ... on Person { t: __typename } } }",
      { near: { country: "CH", t: "Person" } },
    ],
  ])("%s", async (query, data) => {
    expect(await ask(query)).toEqual(whole(data));
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

describe("case G7: a fragment on one interface is planned also when a subgraph knows the objects only by another", () => {
  const ask = gatewayOver({
    a: {
      sdl: `
        type Query { mine: [IVehicle] land: ILandVehicle }
        type IVehicle @interfaceObject @key(fields: "id") { id: ID! }
        type ILandVehicle @interfaceObject @key(fields: "id") { id: ID! road: String }`,
      resolvers: {
        Query: { mine: () => [{ id: "car" }, { id: "boat" }], land: () => ({ id: "car" }) },
        IVehicle: { __resolveReference: itself },
        ILandVehicle: { __resolveReference: itself, road: () => "A1" },
      },
    },
    b: {
      sdl: `
        interface IVehicle @key(fields: "id") { id: ID! }
        interface ILandVehicle implements IVehicle @key(fields: "id") { id: ID! numberOfWheels: Int }
        type Car implements IVehicle & ILandVehicle @key(fields: "id") { id: ID! numberOfWheels: Int }
        type Boat implements IVehicle @key(fields: "id") { id: ID! }`,
      resolvers: {
        IVehicle: {
          __resolveType: typed,
          __resolveReference: ({ id }: { id: string }) => ({
            id,
            type: id === "car" ? "Car" : "Boat",
            numberOfWheels: 4,
          }),
        },
        ILandVehicle: {
          __resolveType: typed,
          __resolveReference: ({ id }: { id: string }) => ({ id, type: "Car", numberOfWheels: 4 }),
        },
        Car: { __resolveReference: ({ id }: { id: string }) => ({ id, numberOfWheels: 4 }) },
      },
    },
  });
  it.each([
    [
      "{ mine { id ... on ILandVehicle { numberOfWheels } } }",
      { mine: [{ id: "car", numberOfWheels: 4 }, { id: "boat" }] },
    ],
    ["{ mine { ... on ILandVehicle { id road } } }", { mine: [{ id: "car", road: "A1" }, {}] }],
    ["{ land { road ... on IVehicle { id } __typename } }", { land: { road: "A1", id: "car", __typename: "Car" } }],
  ])("%s", async (query, data) => {
    expect(await ask(query)).toEqual(whole(data));
  });
});

describe("case G8: an object that a subgraph knows only by its interface matches the interfaces of that interface", () => {
  const object = { type: "Media", id: "1", n: 3 };
  const ask = gatewayOver({
    a: {
      sdl: `
        interface Titled { id: ID! }
        interface Media implements Titled @key(fields: "id") { id: ID! }
        type Book implements Media & Titled @key(fields: "id") { id: ID! }
        type Film implements Media & Titled @key(fields: "id") { id: ID! }`,
      resolvers: {
        Media: { __resolveType: typed, __resolveReference: ({ id }: { id: string }) => ({ id, type: "Film" }) },
      },
    },
    b: {
      sdl: `
        type Query { objs: [Titled] all: [Media] }
        interface Titled { id: ID! }
        type Media implements Titled @interfaceObject @key(fields: "id") { id: ID! n: Int }`,
      resolvers: {
        Titled: { __resolveType: typed },
        Media: { __resolveReference: itself, n: () => 3 },
        Query: { objs: () => [object], all: () => [object] },
      },
    },
  });
  it.each([
    ["{ all { ... on Titled { ... on Media { n } } } }", { all: [{ n: 3 }] }, ["b"]],
    ["{ objs { ... on Titled { ... on Media { n } } } }", { objs: [{ n: 3 }] }, ["b"]],
    ["{ objs { id ... on Film { n } ... on Book { id } } }", { objs: [{ id: "1", n: 3 }] }, ["b", "a"]],
    [
      "{ objs { ... on Titled { __typename ... on Media { n } } } }",
      { objs: [{ __typename: "Film", n: 3 }] },
      ["b", "a"],
    ],
    ["{ all { ... on Book { n } ... on Film { x: n } } }", { all: [{ x: 3 }] }, ["b", "a"]],
  ])("%s", async (query, data, expected) => {
    const calls: string[] = [];
    expect(await ask(query, calls)).toEqual(whole(data));
    expect(calls.slice(0, 2)).toEqual(expected);
  });
});
