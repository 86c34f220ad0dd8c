import { GraphQLError, parse } from "graphql";
import { describe, expect, it } from "vitest";
import { compileOperation } from "#gateway/execution/compile-operation.ts";
import { documentOf, planOf } from "#gateway/planning/planner.ts";
import { operationOf } from "#gateway/operation.ts";
import { loadSupergraph } from "#gateway/execution/loaded-supergraph.ts";
import { bothExecutors } from "./both-executors.ts";
import { shop } from "./mock-supergraphs.ts";

// Where Apollo's execution is wrong, and so no oracle.

const { sdl } = shop();
const both = bothExecutors(sdl);
const answering = (data: Record<string, unknown>) => async () => ({ data });

describe("a value of another shape than its type", () => {
  it.each([
    ["an object for a list", "{ products { name } }", { products: { name: "one" } }, null, ["products"]],
    ["a text for a list", "{ reviews { id } }", { reviews: "none" }, { reviews: null }, ["reviews"]],
    ["a text for an object", "{ product { name } }", { product: "one" }, { product: null }, ["product"]],
    ["a list for an object", "{ product { name } }", { product: [] }, { product: null }, ["product"]],
    ["a number for a list in a list", "{ matrix { name } }", { matrix: [1] }, { matrix: null }, ["matrix", 0]],
  ])("is null and nothing more: %s", async (_what, query, data, expected, path) => {
    const answer = await both.ours({ query, variables: {} }, answering(data));
    expect(answer.data).toEqual(expected);
    expect(answer.invalid).toEqual([path]);
    // Apollo answers with an error that has neither data nor a path, or takes a list for an object whose fields are all null.
    const apollo = await both.apollo({ query, variables: {} }, answering(data)).catch(() => undefined);
    if (!("product" in data && Array.isArray(data.product))) expect(apollo?.data ?? null).toBeNull();
  });
});

describe("an error of an entity", () => {
  const query = "{ anything { ... on Product { shipping } ... on Brand { title } } }";
  const ask = async (subgraph: string) =>
    subgraph === "products"
      ? {
          data: {
            anything: [
              { __typename: "Brand", title: "a brand" },
              { __typename: "Product", id: "1", price: 1, weight: 1 },
            ],
          },
        }
      : {
          data: { _entities: [{ shipping: null }] },
          errors: [new GraphQLError("broken", { path: ["_entities", 0, "shipping"] })],
        };

  it("is told of that entity in a list of several types", async () => {
    const answer = await both.ours({ query, variables: {} }, ask);
    expect(answer.data).toEqual({ anything: [{ title: "a brand" }, { shipping: null }] });
    expect(answer.errors.map(({ path }) => path)).toEqual([["anything", 1, "shipping"]]);
    const apollo = await both.apollo({ query, variables: {} }, ask);
    expect(apollo.errors.map(({ path }) => path)).toEqual([["anything", 0, "shipping"]]);
  });
});

it("a boolean variable must not be null where @include asks for it", () => {
  const query = "query ($yes: Boolean = true) { product @include(if: $yes) { name } }";
  const operation = operationOf(parse(query), undefined);
  if (!operation) throw new Error("The document has no operation.");
  const supergraph = loadSupergraph(sdl);
  const compiled = compileOperation(supergraph, operation, planOf(supergraph.planned, documentOf(operation)));
  expect(compiled.check({})).toEqual([]);
  expect(compiled.check({ yes: null }).map(({ extensions }) => extensions["code"])).toEqual(["BAD_USER_INPUT"]);
});

it("the schema that clients see is answered by introspection beside data, and nothing inaccessible is in it", async () => {
  const query = `query ($name: String!) { t: __type(name: $name) { name fields { ...F } } product { name } __schema { queryType { name } } }
    fragment F on __Field { name }`;
  const answer = await both.ours(
    { query, variables: { name: "Product" } },
    answering({ product: { __typename: "Product", name: "one" } }),
  );
  expect(answer.data).toMatchObject({
    t: { name: "Product" },
    product: { name: "one" },
    __schema: { queryType: { name: "Query" } },
  });
  expect(JSON.stringify(answer.data)).not.toContain("secret");
});

it("keys that every JavaScript object has are keys like any other", async () => {
  const query = "{ constructor: product { toString: name __proto__: price hasOwnProperty: old } }";
  const answer = await both.ours({ query, variables: {} }, async (subgraph) =>
    subgraph === "products"
      ? {
          data: JSON.parse(
            '{"constructor":{"toString":"one","__proto__":1.5,"id":"1","__typename":"Product"}}',
          ) as Record<string, unknown>,
        }
      : { data: { _entities: [{ hasOwnProperty: "old" }] } },
  );
  expect(JSON.stringify(answer.data)).toBe('{"constructor":{"toString":"one","__proto__":1.5,"hasOwnProperty":"old"}}');
  expect(({} as Record<string, unknown>)["toString"]).toBe(Object.prototype.toString);
});
