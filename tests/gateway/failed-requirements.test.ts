import { type ExecutionResult, GraphQLError, parse } from "graphql";
import { describe, expect, it } from "vitest";
import { loadSupergraph } from "#gateway/execution/loaded-supergraph.ts";
import { operationOf } from "#gateway/operation.ts";
import { PublicError } from "#lib/errors.ts";
import { bothExecutors } from "./both-executors.ts";
import { compileSynchronously } from "./compile-synchronously.ts";
import { composed, type KeyedSubgraph, keyedSubgraphs, type Row } from "./keyed-subgraphs.ts";

const item = (id: string, more: Row = {}): Row => ({
  __typename: "Item",
  id,
  code: `c${id}`,
  name: `item ${id}`,
  price: 10,
  label: `label ${id}`,
  size: { width: 3, depth: 4 },
  ...more,
});
const one = item("1");
const two = item("2");
const note: Row = { __typename: "Note", text: "a note" };

/** `shipping` requires `price`, and everything in `reviews` requires `shipping`; `ranks` requires `worth`. Only `stock` returns the code, by which `labels` finds items. */
const subgraphs: Readonly<Record<string, KeyedSubgraph>> = {
  goods: {
    sdl: `type Query { items: [Item]  things: [Thing]  twice: [Item] } type Subscription { added: Item } union Thing = Item | Note type Note { text: String }
      type Item @key(fields: "id") { id: ID!  name: String  price: Int  size: Size @shareable } type Size @shareable { width: Int }`,
    roots: { items: [one, two], things: [note, one], twice: [one, one] },
  },
  stock: {
    sdl: `type Item @key(fields: "id") @key(fields: "code") { id: ID!  code: ID!  price: Int @external  shipping: Int @requires(fields: "price")  count: Int! }`,
    fields: { "Item.shipping": (_row, { price }) => 2 * Number(price), "Item.count": () => 7 },
  },
  reviews: {
    sdl: `scalar JSON type Worth { amount: Int }
      type Item @key(fields: "id") { id: ID!  shipping: Int @external  worth(in: String): Worth @requires(fields: "shipping")
        sure: Int! @requires(fields: "shipping")  raw: JSON @requires(fields: "shipping")  all: [Int!] @requires(fields: "shipping")  score: Int }`,
    fields: {
      "Item.worth": (_row, { shipping }) => ({ amount: shipping }),
      "Item.sure": (_row, { shipping }) => shipping,
      "Item.raw": (_row, { shipping }) => ({ shipping }),
      "Item.all": (_row, { shipping }) => [shipping],
      "Item.score": () => 5,
    },
  },
  ranks: {
    sdl: `type Worth { amount: Int @external } type Item @key(fields: "id") { id: ID!  worth(in: String): Worth @external  total: Int!  rank: Int @requires(fields: "worth { amount }") }`,
    fields: { "Item.total": () => 3, "Item.rank": (_row, { worth }) => (worth as { amount: number }).amount },
  },
  labels: {
    sdl: `type Item @key(fields: "code") { code: ID!  label: String  size: Size @shareable } type Size @shareable { depth: Int }`,
  },
};

const sdl = composed(subgraphs);
if (sdl === undefined) throw new Error("The subgraphs do not compose.");
const both = bothExecutors(sdl);
const serve = keyedSubgraphs(subgraphs, [one, two]);

type Broken = Readonly<Record<string, () => ExecutionResult>>;

const unavailable = () => {
  throw new PublicError("SUBGRAPH_UNAVAILABLE", "The part of the graph did not answer.");
};
const stockDown: Broken = { stock: unavailable };

/** Returns the response, with its errors as their paths and codes. */
async function answered(query: string, broken: Broken = {}) {
  const { data, errors, invalid } = await both.ours({ query, variables: {} }, async (name, text, variables) => {
    const failing = broken[name];
    return failing ? failing() : serve(name, text, variables);
  });
  expect(invalid).toEqual([]);
  return { data, errors: errors.map(({ path = ["no path"], code }) => `${path.join(".")} ${String(code)}`) };
}

describe("a field that requires a field that failed is null, with an error at its own path", () => {
  it("next to the error of the required field", async () => {
    expect(await answered("{ items { shipping worth { amount } } }", stockDown)).toEqual({
      data: { items: [0, 1].map(() => ({ shipping: null, worth: null })) },
      errors: [
        "items.0.shipping SUBGRAPH_UNAVAILABLE",
        "items.1.shipping SUBGRAPH_UNAVAILABLE",
        "items.0.worth REQUIREMENT_FAILED",
        "items.1.worth REQUIREMENT_FAILED",
      ],
    });
  });

  it("where the client selects only that field, under an alias", async () => {
    const { data, errors } = await answered("{ items { id: name w: worth { amount } } }", stockDown);
    expect(data).toEqual({ items: ["item 1", "item 2"].map((id) => ({ id, w: null })) });
    expect(errors.filter((error) => error.endsWith("REQUIREMENT_FAILED"))).toEqual([
      "items.0.w REQUIREMENT_FAILED",
      "items.1.w REQUIREMENT_FAILED",
    ]);
  });

  it("whatever its type", async () => {
    const { data, errors } = await answered("{ items { raw all } }", stockDown);
    expect(data).toEqual({ items: [0, 1].map(() => ({ raw: null, all: null })) });
    expect(errors.slice(-4)).toEqual(
      ["0.raw", "0.all", "1.raw", "1.all"].map((path) => `items.${path} REQUIREMENT_FAILED`),
    );
  });

  it("and so are the fields that require it in turn, though it is not in the response itself", async () => {
    const { data, errors } = await answered("{ items { rank } }", stockDown);
    expect(data).toEqual({ items: [{ rank: null }, { rank: null }] });
    expect(errors.slice(-2)).toEqual(["items.0.rank REQUIREMENT_FAILED", "items.1.rank REQUIREMENT_FAILED"]);
    expect(errors.filter((error) => error.includes("worth"))).toEqual([]);
  });

  it("which makes its object null where it must not be null itself", async () => {
    const { data, errors } = await answered("{ items { sure } }", stockDown);
    expect(data).toEqual({ items: [null, null] });
    expect(errors.slice(-2)).toEqual(["items.0.sure REQUIREMENT_FAILED", "items.1.sure REQUIREMENT_FAILED"]);
  });

  it("even if another field without an error makes the object null too", async () => {
    const down = { ...stockDown, ranks: () => ({ data: { _entities: [null, null] } }) };
    const { data, errors } = await answered("{ items { sure total } }", down);
    expect(data).toEqual({ items: [null, null] });
    expect(errors.slice(-2)).toEqual(["items.0.sure REQUIREMENT_FAILED", "items.1.sure REQUIREMENT_FAILED"]);
  });

  it("where it is found by a key that another subgraph was to return", async () => {
    const { data, errors } = await answered("{ items { label } }", stockDown);
    expect(data).toEqual({ items: [{ label: null }, { label: null }] });
    expect(errors.slice(-2)).toEqual(["items.0.label REQUIREMENT_FAILED", "items.1.label REQUIREMENT_FAILED"]);
  });

  it("in an object of which another subgraph returned a part", async () => {
    const { data, errors } = await answered("{ items { size { width depth } } }", stockDown);
    expect(data).toEqual({ items: [0, 1].map(() => ({ size: { width: 3, depth: null } })) });
    expect(errors.slice(-2)).toEqual([
      "items.0.size.depth REQUIREMENT_FAILED",
      "items.1.size.depth REQUIREMENT_FAILED",
    ]);
  });

  it("in each place where the same object is", async () => {
    const { errors } = await answered("{ twice { worth { amount } } }", stockDown);
    expect(errors.slice(-2)).toEqual(["twice.0.worth REQUIREMENT_FAILED", "twice.1.worth REQUIREMENT_FAILED"]);
  });

  it.each([
    ["with an error about the whole call", () => ({ data: null, errors: [new GraphQLError("broken")] })],
    [
      "with an error of the whole entity",
      () => ({ data: { _entities: [null, null] }, errors: [0, 1].map((index) => entityError(index)) }),
    ],
    [
      "with an exception",
      () => {
        throw new Error("The transport broke.");
      },
    ],
    ["with a response of another shape", () => ({ data: { _entities: [] } })],
  ])("where the call failed %s", async (_how, failing: () => ExecutionResult) => {
    const { data, errors } = await answered("{ items { worth { amount } score } }", { stock: failing });
    expect(data).toEqual({ items: [0, 1].map(() => ({ worth: null, score: 5 })) });
    expect(errors.slice(-2)).toEqual(["items.0.worth REQUIREMENT_FAILED", "items.1.worth REQUIREMENT_FAILED"]);
  });

  it("for that entity alone whose requirement failed", async () => {
    const failing = () => ({ data: { _entities: [{ shipping: 7 }, null] }, errors: [entityError(1)] });
    expect(await answered("{ items { worth { amount } } }", { stock: failing })).toEqual({
      data: { items: [{ worth: { amount: 7 } }, { worth: null }] },
      errors: ["items.1 NOT_FOUND", "items.1.worth REQUIREMENT_FAILED"],
    });
  });

  it("in the response of a subscription to an event", async () => {
    const supergraph = loadSupergraph(sdl);
    const operation = operationOf(parse("subscription { added { name worth { amount } } }"), undefined);
    if (!operation) throw new Error("The document has no operation.");
    const compiled = compileSynchronously(supergraph, operation);
    const event = { data: { added: { __typename: "Item", id: "1", name: "item 1", price: 10 } } };
    const call = async () => ({ data: null, errors: [new GraphQLError("broken", { path: ["_entities", 0] })] });
    const { json, errors } = await compiled.executeEvent(event, {}, call);
    expect(JSON.parse(json)).toEqual({ added: { name: "item 1", worth: null } });
    expect(errors.map(({ path, extensions }) => [path, extensions["code"]])).toContainEqual([
      ["added", "worth"],
      "REQUIREMENT_FAILED",
    ]);
  });
});

describe("no such error is in a response", () => {
  it("of a field whose object is null because of another field that failed", async () => {
    const down: Broken = { stock: unavailable, reviews: unavailable };
    const { data, errors } = await answered("{ items { label sure } }", down);
    expect(data).toEqual({ items: [null, null] });
    expect(errors.filter((error) => error.includes("label"))).toEqual([]);
  });

  describe("of a field whose object is null because of a failed field, in whatever order the client selects them", () => {
    const all = { count: 7, sure: 8, again: 8 };
    it.each(["sure count", "count sure", "sure again: sure count"])("{ items { %s } }", async (fields) => {
      const failing = () => ({
        data: { _entities: [null, { shipping: 8, count: 7 }] },
        errors: [new GraphQLError("broken", { path: ["_entities", 0, "count"], extensions: { code: "NOT_FOUND" } })],
      });
      const { data, errors } = await answered(`{ items { ${fields} } }`, { stock: failing });
      expect(errors).toEqual(["items.0.count NOT_FOUND"]);
      expect(data).toMatchObject({ items: [null, {}] });
      expect({ ...all, ...(data as { items: object[] }).items[1] }).toEqual(all);
    });
  });

  it("of a field whose object is null because the call for another field failed", async () => {
    const { errors } = await answered("{ items { sure count } }", stockDown);
    expect(errors.filter((error) => error.includes("sure"))).toEqual([]);
    expect(errors.filter((error) => error.includes("count"))).toEqual([
      "items.0.count SUBGRAPH_UNAVAILABLE",
      "items.1.count SUBGRAPH_UNAVAILABLE",
    ]);
  });

  it("in which nothing failed", async () => {
    const { errors } = await answered("{ items { shipping worth { amount } sure raw all rank label size { depth } } }");
    expect(errors).toEqual([]);
  });

  it("where the required field does not exist, without an error", async () => {
    const missing = () => ({ data: { _entities: [null, null] } });
    expect(await answered("{ items { worth { amount } } }", { stock: missing })).toEqual({
      data: { items: [{ worth: null }, { worth: null }] },
      errors: [],
    });
  });

  it("where the required field does not exist, and something else of the same object failed", async () => {
    const query = "{ items { score rank } }";
    const { errors } = await answered(query, {
      stock: () => ({ data: { _entities: [null, null] } }),
      reviews: unavailable,
    });
    expect(errors.filter((error) => error.endsWith("REQUIREMENT_FAILED"))).toEqual([]);
  });

  it("where the required field is null with an error of its own: the other is computed from the null", async () => {
    const failing = () => ({
      data: { _entities: [{ shipping: null }, { shipping: 7 }] },
      errors: [new GraphQLError("broken", { path: ["_entities", 0, "shipping"], extensions: { code: "NOT_FOUND" } })],
    });
    expect(await answered("{ items { worth { amount } } }", { stock: failing })).toEqual({
      data: { items: [{ worth: { amount: null } }, { worth: { amount: 7 } }] },
      errors: ["items.0.shipping NOT_FOUND"],
    });
  });

  it("for an object of another type", async () => {
    const query = "{ things { ... on Note { text } ... on Item { worth { amount } } } }";
    const { data, errors } = await answered(query, stockDown);
    expect(data).toEqual({ things: [{ text: "a note" }, { worth: null }] });
    expect(errors.filter((error) => error.startsWith("things.0"))).toEqual([]);
    expect(errors.slice(-1)).toEqual(["things.1.worth REQUIREMENT_FAILED"]);
  });

  it("for a field whose own call failed: it has that error alone", async () => {
    const { errors } = await answered("{ items { worth { amount } } }", { reviews: unavailable });
    expect(errors).toEqual(["items.0.worth SUBGRAPH_UNAVAILABLE", "items.1.worth SUBGRAPH_UNAVAILABLE"]);
  });
});

const entityError = (index: number) =>
  new GraphQLError("broken", { path: ["_entities", index], extensions: { code: "NOT_FOUND" } });
