import { GraphQLError, parse } from "graphql";
import { describe, expect, it } from "vitest";
import { operationOf } from "#gateway/operation.ts";
import { operationVariables } from "#gateway/execution/operation-variables.ts";
import { bothExecutors } from "./both-executors.ts";
import { media, type MockSupergraph, shop } from "./mock-supergraphs.ts";

// Cases in which Apollo's execution is wrong, and so is no oracle.

const { sdl } = shop();
const both = bothExecutors(sdl);
const answerOf = async (
  { subgraphs }: MockSupergraph,
  subgraph: string,
  query: string,
  variables: Readonly<Record<string, unknown>>,
) => subgraphs[subgraph]?.(query, variables) ?? { data: null };
const answering = (data: Record<string, unknown>) => async () => ({ data });

describe("a value of another shape than its type", () => {
  it.each([
    ["an object instead of a list", "{ products { name } }", { products: { name: "one" } }, null, ["products"]],
    ["a string instead of a list", "{ reviews { id } }", { reviews: "none" }, { reviews: null }, ["reviews"]],
    ["a string instead of an object", "{ product { name } }", { product: "one" }, { product: null }, ["product"]],
    ["a list instead of an object", "{ product { name } }", { product: [] }, { product: null }, ["product"]],
    ["a number instead of a list in a list", "{ matrix { name } }", { matrix: [1] }, { matrix: null }, ["matrix", 0]],
  ])("is null, with one error at its path: %s", async (_what, query, data, expected, path) => {
    const answer = await both.ours({ query, variables: {} }, answering(data));
    expect(answer.data).toEqual(expected);
    expect(answer.invalid).toEqual([path]);
    // Apollo returns an error that has neither data nor a path, or treats a list as an object whose fields are all null.
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

  it("is reported for that entity in a list of several types", async () => {
    const answer = await both.ours({ query, variables: {} }, ask);
    expect(answer.data).toEqual({ anything: [{ title: "a brand" }, { shipping: null }] });
    expect(answer.errors.map(({ path }) => path)).toEqual([["anything", 1, "shipping"]]);
    const apollo = await both.apollo({ query, variables: {} }, ask);
    expect(apollo.errors.map(({ path }) => path)).toEqual([["anything", 0, "shipping"]]);
  });
});

describe("an alias equal to the name of a field that the planner fetches for itself", () => {
  const ask = async (subgraph: string, query: string, variables: Readonly<Record<string, unknown>>) =>
    answerOf(shop(), subgraph, query, variables);

  it.each([
    ["of a key", "{ product { id: name shipping } }", "{ product { name shipping } }"],
    ["of a required field", "{ product { price: name shipping } }", "{ product { name shipping } }"],
    ["of the type's name", "{ product { __typename: name shipping } }", "{ product { name shipping } }"],
  ])("is the client's, and the planner's field gets another name: %s", async (_what, query, plainly) => {
    const { data, errors } = await both.ours({ query, variables: {} }, ask);
    expect(errors).toEqual([]);
    const valuesOf = (answer: unknown) => Object.values((answer as { product: object }).product);
    expect(valuesOf(data)).toEqual(valuesOf((await both.ours({ query: plainly, variables: {} }, ask)).data));
    expect(query).toContain(Object.keys((data as { product: object }).product)[0]);
  });

  it("is in the paths of errors as the client wrote it", async () => {
    const { errors } = await both.ours({ query: "{ product { id: raw } }", variables: {} }, async () => ({
      data: { product: { id__alias: null } },
      errors: [new GraphQLError("broken", { path: ["product", "id__alias"] })],
    }));
    expect(errors.map(({ path }) => path)).toEqual([["product", "id"]]);
  });
});

describe("a selection under a condition that does not hold", () => {
  it.each([
    ["does not drop another field with requirements", "product { box @include(if: $no) inStock }"],
    ["does not drop the object around it", "product @skip(if: $no) { id @include(if: $no) }"],
  ])("%s", async (_what, selection) => {
    const query = `query ($no: Boolean!) { ${selection} }`;
    const { data } = await both.ours({ query, variables: { no: false } }, (subgraph, text, variables) =>
      answerOf(shop(), subgraph, text, variables),
    );
    expect(data).toEqual({ product: selection.includes("inStock") ? { inStock: expect.any(Boolean) } : {} });
  });
});

it("a fragment on an interface is planned where a subgraph knows that interface's objects as one type only", async () => {
  const query = "{ topRated { rating ... on Titled { title } } }";
  const films = media();
  const { data, errors } = await bothExecutors(films.sdl).ours({ query, variables: {} }, (subgraph, text, variables) =>
    answerOf(films, subgraph, text, variables),
  );
  expect(errors).toEqual([]);
  expect(JSON.stringify(data)).toContain('"title"');
});

it("a boolean variable must not be null where @include uses it", () => {
  const query = "query ($yes: Boolean = true) { product @include(if: $yes) { name } }";
  const operation = operationOf(parse(query), undefined);
  if (!operation) throw new Error("The document has no operation.");
  const { check } = operationVariables(both.schema, operation);
  expect(check({})).toEqual([]);
  expect(check({ yes: null }).map(({ extensions }) => extensions["code"])).toEqual(["BAD_USER_INPUT"]);
});

it("introspection returns the clients' schema next to data, without anything inaccessible", async () => {
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

it("keys that every JavaScript object has are ordinary response keys", async () => {
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
