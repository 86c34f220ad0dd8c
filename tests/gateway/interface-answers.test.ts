import { describe, expect, it } from "vitest";
import { gatewayOver, itself, typed, whole } from "./real-subgraphs.ts";

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
