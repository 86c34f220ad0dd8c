import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GatewayServer } from "#gateway/http/server.ts";
import { ForeignSubgraph, gatewayBefore, posted, supergraphOf } from "./foreign-subgraph.ts";

const head = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])\n`;
const scaled = "directive @scaled(by: Decimal) on FIELD";
const schemas = {
  shop: `${head} scalar Decimal  scalar JSON
    ${scaled}
    input Order { amount: Decimal  id: ID  parts: [Order!]  count: Int  ratio: Float }
    type Query { total(of: Decimal, each: [Decimal!], order: Order, id: ID, extra: JSON): Decimal  item: Item  items: [Item!]  count: Int  ratio: Float }
    type Subscription { totals(of: Decimal): Decimal }
    type Item @key(fields: "id") { id: ID!  price: Decimal  prices: [[Decimal]]  extra: JSON  count: Int  ratio: Float }`,
  stock: `${head} scalar Decimal  ${scaled}  type Item @key(fields: "id") { id: ID!  stock: Decimal }`,
};
const shop = new ForeignSubgraph();
const stock = new ForeignSubgraph();
let gateway: GatewayServer;
beforeAll(async () => {
  gateway = await gatewayBefore(supergraphOf(schemas), { shop: await shop.start(), stock: await stock.start() });
});
afterAll(async () => {
  await gateway.close();
  shop.stop();
  stock.stop();
});

const ask = (query: string, variables = "{}") =>
  posted(gateway.url, `{"query":${JSON.stringify(query)},"variables":${variables}}`);
/** Returns the last body that a subgraph received. */
const sent = ({ received }: ForeignSubgraph) => received.at(-1);

const numbers = [
  "9007199254740993",
  "-9007199254740993",
  "1.10",
  "1.0",
  "-0",
  "0.1000",
  "1E400",
  "1.50E+10",
  "0.30000000000000004999",
];

describe("case G9: a number of a custom scalar keeps the digits that its subgraph wrote", () => {
  it.each(numbers)("%s", async (number) => {
    shop.reply = { body: `{"data":{"total":${number}}}` };
    expect(await ask("{ total }")).toBe(`{"data":{"total":${number}}}`);
  });

  it("in lists, in objects of a scalar, and next to numbers that are doubles", async () => {
    const item = `{"id":"1","prices":[[1.10,null],[2.50]],"extra":{"a":[9007199254740993,{"b":1.0}],"c":"1.10"},"count":7,"ratio":0.5}`;
    shop.reply = { body: `{"data":{"items":[${item},${item}]}}` };
    expect(await ask("{ items { id prices extra count ratio } }")).toBe(`{"data":{"items":[${item},${item}]}}`);
  });

  it("whatever surrounds it: white space, escapes, strings that look like numbers, names of properties that every object has", async () => {
    const extra = `{ "__proto__" : 1.10 , "a\\"b: 2.20" : [ 3.30,"4.40, \\\\" ], "constructor":5.50 }`;
    shop.reply = { body: ` { "data" : { "item" : { "extra" : ${extra} } } } ` };
    expect(await ask("{ item { extra } }")).toBe(
      `{"data":{"item":{"extra":{"__proto__":1.10,"a\\"b: 2.20":[3.30,"4.40, \\\\"],"constructor":5.50}}}}`,
    );
  });

  it("as an id, and as the key by which another subgraph is queried", async () => {
    shop.reply = {
      body: `{"data":{"items":[{"__typename":"Item","id":9007199254740993},{"__typename":"Item","id":9007199254740992}]}}`,
    };
    stock.reply = { body: `{"data":{"_entities":[{"stock":1.10},{"stock":2.20}]}}` };
    expect(await ask("{ items { id stock } }")).toBe(
      `{"data":{"items":[{"id":9007199254740993,"stock":1.10},{"id":9007199254740992,"stock":2.20}]}}`,
    );
    expect(sent(stock)).toContain(
      `"representations":[{"__typename":"Item","id":9007199254740993},{"__typename":"Item","id":9007199254740992}]`,
    );
  });

  it("in an event of a subscription", async () => {
    shop.events = [`{"data":{"totals":1.10}}`, `{"data":{"totals":9007199254740993}}`];
    const response = await fetch(gateway.url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: `{"query":"subscription($of: Decimal) { totals(of: $of) }","variables":{"of":2.20}}`,
    });
    const text = await response.text();
    expect(text).toContain(`{"data":{"totals":1.10}`);
    expect(text).toContain(`{"data":{"totals":9007199254740993}`);
    expect(sent(shop)).toContain(`"variables":{"of":2.20}`);
  });

  it("but one of a Float or an Int is a number of its type", async () => {
    shop.reply = { body: `{"data":{"item":{"price":1.10,"count":2.0,"ratio":1e400}}}` };
    const answer = JSON.parse(await ask("{ item { price count ratio } }")) as unknown;
    expect(answer).toMatchObject({ data: { item: { price: 1.1, count: 2, ratio: null } } });
  });
});

describe("case G9: a number that a client sends keeps its digits until a subgraph receives it", () => {
  beforeAll(() => {
    shop.reply = { body: `{"data":{"total":1}}` };
  });

  it.each(numbers)("as a literal: %s", async (number) => {
    const query = `query($by: Decimal = ${number}) { total(of: ${number}, each: [${number}], order: {amount: ${number}}, extra: {a: [${number}]}) @scaled(by: $by) }`;
    expect(await ask(query)).toBe(`{"data":{"total":1}}`);
    const text = `total(of:${number} each:[${number}]order:{amount:${number}}extra:{a:[${number}]})`;
    expect((JSON.parse(sent(shop) ?? "") as { query: string }).query).toBe(
      `query($by:Decimal=${number}){${text}@scaled(by:$by)}`,
    );
  });

  it.each(numbers)("as a variable: %s", async (number) => {
    const query =
      "query($of: Decimal, $each: [Decimal!], $order: Order, $extra: JSON) { total(of: $of, each: $each, order: $order, extra: $extra) }";
    const variables = `{"of":${number},"each":[${number}],"order":{"amount":${number},"parts":[{"amount":${number}}]},"extra":{"a":[${number}]}}`;
    expect(await ask(query, variables)).toBe(`{"data":{"total":1}}`);
    expect(sent(shop)).toContain(`"variables":${variables}`);
  });

  it("as an id, but not as a number of another type", async () => {
    const query = "query($id: ID, $order: Order) { total(id: $id, order: $order) }";
    await ask(query, `{"id":9007199254740993,"order":{"id":9007199254740993,"count":1e1,"ratio":1.10}}`);
    expect(sent(shop)).toContain(
      `"variables":{"id":9007199254740993,"order":{"id":9007199254740993,"count":10,"ratio":1.1}}`,
    );
  });

  it("by GET", async () => {
    const parameters = new URLSearchParams({
      query: "query($of: Decimal) { total(of: $of) }",
      variables: `{"of":1.10}`,
    });
    await fetch(`${gateway.url}?${parameters.toString()}`);
    expect(sent(shop)).toContain(`"variables":{"of":1.10}`);
  });

  it("and two that differ only in their digits are two calls", async () => {
    const before = shop.received.length;
    const query = "query($of: Decimal) { total(of: $of) }";
    await Promise.all(["9007199254740993", "9007199254740992"].map((of) => ask(query, `{"of":${of}}`)));
    expect(shop.received.slice(before).map((body) => (/"of":(\d+)/.exec(body) ?? [])[1])).toEqual([
      "9007199254740993",
      "9007199254740992",
    ]);
  });

  it("and one that does not match its type is refused", async () => {
    const query = "query($order: Order) { total(order: $order) }";
    for (const order of [`{"count":1.10}`, `{"ratio":1e400}`, `{"count":9007199254740993}`])
      expect(await ask(query, `{"order":${order}}`)).toContain("BAD_USER_INPUT");
  });
});
