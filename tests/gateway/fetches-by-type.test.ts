import { describe, expect, it } from "vitest";
import { bothExecutors } from "./both-executors.ts";
import { composed, type KeyedSubgraph, keyedSubgraphs, type Row } from "./keyed-subgraphs.ts";

const products: readonly Row[] = ["1", "2", "3"].map((id) => ({
  __typename: "Product",
  id,
  price: 10,
  weight: 2,
  maker: { __typename: "Maker", id: `m${id}` },
}));
const makers: readonly Row[] = ["m1", "m2", "m3"].map((id) => ({ __typename: "Maker", id, name: `maker ${id}` }));
const product = (id: string) => ({ product: { __typename: "Product", id } });

const subgraphs: Readonly<Record<string, KeyedSubgraph>> = {
  reviews: {
    sdl: `type Query { reviews: [Review] } union Review = Anonymous | Signed | Withdrawn
      type Anonymous { product: Product } type Signed { product: Product } type Withdrawn { product: Product } type Product @key(fields: "id") { id: ID! }`,
    roots: {
      reviews: [
        { __typename: "Anonymous", ...product("1") },
        { __typename: "Signed", ...product("2") },
        { __typename: "Withdrawn", ...product("3") },
      ],
    },
  },
  shop: {
    sdl: `type Product @key(fields: "id") { id: ID!  price: Int!  weight: Int!  maker: Maker } type Maker @key(fields: "id") { id: ID! }`,
  },
  parcels: {
    sdl: `type Product @key(fields: "id") { id: ID!  weight: Int! @external  postage(in: String): Int! @requires(fields: "weight")  box: String! }`,
    fields: { "Product.postage": (_row, { weight }) => 3 * Number(weight), "Product.box": () => "large" },
  },
  makers: { sdl: `type Maker @key(fields: "id") { id: ID!  name: String! }` },
};

/** Returns the response of the gateway, and the ids for which each subgraph was called. */
async function answered(query: string, variables: Row = {}) {
  const sdl = composed(subgraphs);
  if (sdl === undefined) throw new Error("The subgraphs do not compose.");
  const serve = keyedSubgraphs(subgraphs, [...products, ...makers]);
  const calls: string[] = [];
  const { data, errors, invalid } = await bothExecutors(sdl).ours({ query, variables }, (name, text, given) => {
    const selected = text.replace(/^.*\.\.\.on \w+\{(.*)\}\}\}$/, "$1");
    for (const { id } of (given["representations"] ?? []) as Row[]) calls.push(`${name} ${String(id)} ${selected}`);
    return serve(name, text, given);
  });
  expect([...errors, ...invalid]).toEqual([]);
  return { reviews: (data as { reviews: unknown }).reviews, calls: calls.sort() };
}

describe("a subgraph is called for an entity only if the operation selects its fields there, by the types of all objects around the entity", () => {
  it("where each type selects from another subgraph", async () => {
    const query = "{ reviews { ... on Anonymous { product { price } } ... on Signed { product { box } } } }";
    expect(await answered(query)).toEqual({
      reviews: [{ product: { price: 10 } }, { product: { box: "large" } }, {}],
      calls: ["parcels 2 box", "shop 1 price"],
    });
  });

  it("and for what a field requires only if it is called for the field", async () => {
    const query = "{ reviews { ... on Anonymous { product { box } } ... on Signed { product { postage } } } }";
    expect(await answered(query)).toEqual({
      reviews: [{ product: { box: "large" } }, { product: { postage: 6 } }, {}],
      calls: ["parcels 1 box", "parcels 2 postage", "shop 2 weight"],
    });
  });

  it("with the same fields, in one call", async () => {
    const query = "{ reviews { ... on Anonymous { product { price } } ... on Signed { product { price } } } }";
    const { calls } = await answered(query);
    expect(calls).toEqual(["shop 1 price", "shop 2 price"]);
  });

  it("with the variables of these fields", async () => {
    const query =
      "query($in: String) { reviews { ... on Anonymous { product { box } } ... on Signed { product { postage(in: $in) } } } }";
    const { calls } = await answered(query, { in: "EUR" });
    expect(calls).toEqual(["parcels 1 box", "parcels 2 postage(in:$in)", "shop 2 weight"]);
  });

  it("also where the entity leads to another one", async () => {
    const query =
      "{ reviews { ... on Signed { product { maker { name } } } ... on Withdrawn { product { maker { id } } } } }";
    expect(await answered(query)).toEqual({
      reviews: [{}, { product: { maker: { name: "maker m2" } } }, { product: { maker: { id: "m3" } } }],
      calls: ["makers m2 name", "shop 2 maker{__typename id}", "shop 3 maker{__typename id}"],
    });
  });
});
