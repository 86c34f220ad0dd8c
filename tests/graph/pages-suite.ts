import { describe, expect, it } from "vitest";
import { oneOf } from "#tests/harness/extent.ts";
import type { TestProduct } from "#tests/harness/product.ts";
import { type FilledGraph, rowCount } from "./filled-graph.ts";
import type { ConnectionField } from "./graph-schema.ts";
import { attempt } from "./list-attempts.ts";

const pageErrors: [string, string][] = [
  ["first: -1", "first"],
  ["first: 101", "first"],
  ["first: 99999999", "first"],
  ["last: -1", "last"],
  ["last: 101", "last"],
  ["first: 1, last: 1", "last"],
  ['before: "x"', "before"],
  ['first: 1, before: "x"', "before"],
  ['last: 1, after: "x"', "after"],
];

const visited = [
  "Query.vms",
  "Query.migrations",
  "Query.clusterNodes",
  "Query.users",
  "Query.alerts",
  "Query.instancePrices",
];

/** Declares the tests of the pages and the cursors of lists. @param share the rows of one of this many lists are visited */
export function pagesSuite(graph: () => FilledGraph, share: number): void {
  describe("attack 14: a page", () => {
    it("of a wrong size or direction is refused in every list", async () => {
      const { product, tried } = graph();
      for (const connection of tried) {
        const attempts = pageErrors.map(([args, refused]) => ({ what: args, args, refused }));
        await attempt(product, connection, [...attempts, { what: "first: 0", args: "first: 0" }], {});
      }
    });

    it("begins only after a cursor of its own list in its own order, and refuses every forged cursor", async () => {
      const { product, tried } = graph();
      const roots = tried.filter(({ name }) => name.startsWith("Query."));
      const cursors = new Map<string, string>();
      for (const { name, field, orders } of roots) {
        const { data, errors } = await product.ask(
          `{ ${orders.map((order) => `${order}: ${field}(first: 1, orderBy: { field: ${order}, direction: ASC }) { edges { cursor } }`).join(" ")} }`,
        );
        expect(errors).toEqual([]);
        for (const order of orders) cursors.set(`${name} ${order}`, data[order].edges[0].cursor);
      }
      for (const connection of roots) {
        const attempts = connection.orders.flatMap((order) => {
          const own = cursors.get(`${connection.name} ${order}`) ?? "";
          // Cursors of the list's other orders, and cursors of other lists for an order of the same name.
          const others = [...cursors]
            .filter(([key]) => key !== `${connection.name} ${order}`)
            .filter(([key]) => key.startsWith(`${connection.name} `) || key.endsWith(` ${order}`))
            .map(([, cursor]) => cursor);
          const args = (cursor: string) => `first: 1, orderBy: { field: ${order}, direction: ASC }, after: "${cursor}"`;
          return [
            { what: `after its own ${order} cursor`, args: args(own) },
            ...[...misshapen(own), ...others].map((cursor) => ({
              what: `after ${cursor.slice(0, 40)} by ${order}`,
              args: args(cursor),
              refused: "after",
            })),
            ...impossible.map((value) => ({
              what: `after ${value} by ${order}`,
              args: args(withValue(own, value)),
              refused: "after",
              orAnswered: !order.endsWith("_AT"),
            })),
          ];
        });
        for (let from = 0; from < attempts.length; from += 40) {
          await attempt(product, connection, attempts.slice(from, from + 40), {});
        }
      }
    });
  });

  describe("pages of rows that share their times", () => {
    it.each(oneOf(share, visited))(
      "visit every row of %s exactly once, in every order, direction and way",
      async (name) => {
        const { product, connections } = graph();
        const connection = connections.find((each) => each.name === name);
        if (!connection) throw new Error(`${name} is not in the graph.`);
        for (const order of connection.orders) {
          const read = (direction: string, way: string) => walk(product, connection, order, direction, way);
          const ascending = await read("ASC", "forwards");
          expect(new Set(ascending).size, `${order} forwards`).toBe(rowCount);
          expect(ascending).toHaveLength(rowCount);
          const descending = ascending.toReversed();
          expect(await read("DESC", "forwards"), `${order} DESC forwards`).toEqual(descending);
          expect(await read("ASC", "backwards"), `${order} ASC backwards`).toEqual(ascending);
          expect(await read("DESC", "backwards"), `${order} DESC backwards`).toEqual(descending);
        }
      },
    );
  });
}

/** Returns the ids of a list in its order, read page by page from its beginning or from its end. */
async function walk(
  product: TestProduct,
  { field, orderType }: ConnectionField,
  order: string,
  direction: string,
  way: string,
) {
  const forwards = way === "forwards";
  const [size, cursorName] = forwards ? ["first: 37", "after"] : ["last: 37", "before"];
  const query = `query ($cursor: String, $order: ${orderType}) {
    list: ${field}(${size}, ${cursorName}: $cursor, orderBy: $order) {
      totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { id }
    } }`;
  const ids: string[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < 10; page++) {
    const { data, errors } = await product.ask(query, { cursor, order: { field: order, direction } });
    expect(errors).toEqual([]);
    const { nodes, pageInfo, totalCount } = data.list;
    expect(totalCount).toBe(rowCount);
    const listed = (nodes as { id: string }[]).map(({ id }) => id);
    if (forwards) ids.push(...listed);
    else ids.unshift(...listed);
    expect(forwards ? pageInfo.hasPreviousPage : pageInfo.hasNextPage).toBe(page > 0);
    if (!(forwards ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) break;
    cursor = forwards ? pageInfo.endCursor : pageInfo.startCursor;
  }
  return ids;
}

const encoded = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString("base64url");
const decoded = (cursor: string) =>
  JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")) as [string, string, string];

/** Returns cursors that no list has issued. */
function misshapen(own: string): string[] {
  const [order, value, id] = decoded(own);
  return [
    "",
    "!",
    Buffer.from("no JSON").toString("base64url"),
    "A".repeat(10_000),
    ...[null, {}, [], [order, value], [order, 5, id], [order, value, "7"], [order, value, "-".repeat(36)]].map(encoded),
    ...[
      [order, "a\0b", id],
      [{ toString: "x" }, value, id],
      ["__proto__", value, id],
    ].map(encoded),
  ];
}

/** Texts that are no time, and texts that look like a number but are no value of the column. */
const impossible = [
  ...["infinity", "2026-02-30 00:00:00+00", "0000-01-01 00:00:00+00", "2026-01-01 24:00:00+00", "'; --", "", "NaN"],
  ...["9".repeat(30), "-9223372036854775809", "2147483648", "1e999", "1e-999", "1.5"],
];

function withValue(own: string, value: string): string {
  const [order, , id] = decoded(own);
  return encoded([order, value, id]);
}
