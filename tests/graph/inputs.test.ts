import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { noLimits } from "#gateway/limits/limits.ts";
import { type Answer, bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { extremeCalls } from "./extreme-arguments.ts";
import { type ConnectionField, connectionFields, graphSchema, underParent } from "./graph-schema.ts";
import { type Fleet, fleetOf, insertFleet } from "./rows.ts";

const metacharacters = [
  "'; drop table vms; --",
  "%",
  "_",
  "\\",
  "\\\\'",
  '"',
  "$1",
  "${x}",
  "{a,b}",
  "NULL",
  "",
  "Ünïcödé 🛰️ 名前",
  "__proto__",
  "constructor",
];
const malformed = ["x".repeat(10_000), "a\0b", "\u0001", "\ud800"];
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

let product: TestProduct;
let fleet: Fleet;
let connections: ConnectionField[];

beforeAll(async () => {
  fleet = fleetOf(1);
  product = await bootProduct({ operationLimits: noLimits, tenantId: fleet.tenantId });
  await insertFleet(product.urls, 1, 120);
  connections = connectionFields(await graphSchema(product), fleet);
});
afterAll(() => product.stop());

interface Attempt {
  what: string;
  args: string;
  /** The argument that the error must name; undefined when an answer without an error is expected. */
  refused?: string | undefined;
  /** Either outcome is valid, but no third one. */
  orAnswered?: boolean;
}

/** Sends all attempts at one connection in one request, each under an alias. */
async function attempt(connection: ConnectionField, attempts: Attempt[], variables: Record<string, unknown>) {
  const declared = Object.keys(variables).map(
    (name) => `$${name}: ${name.startsWith("l") ? "[String!]" : name.startsWith("t") ? "[TagFilter!]" : "String"}`,
  );
  const selections = attempts
    .map(({ args }, n) => `a${n}: ${connection.field}(${args}) { edges { cursor } }`)
    .join(" ");
  const used = declared.length > 0 ? `(${declared.join(", ")})` : "";
  const answer = await product.ask(`query${used} ${connection.under(selections)}`, variables);
  const outcomes = attempts.map(({ what }, n) => `${connection.name} ${what}: ${outcomeOf(answer, `a${n}`)}`);
  const wanted = attempts.map(({ what, refused, orAnswered }, n) => {
    const answered = !refused || (orAnswered === true && outcomes[n]?.endsWith(": an answer"));
    return `${connection.name} ${what}: ${answered ? "an answer" : `BAD_USER_INPUT ${refused}`}`;
  });
  expect(outcomes).toEqual(wanted);
}

function outcomeOf(answer: Answer, alias: string): string {
  const error = answer.errors.find(({ path }) => path?.at(-1) === alias);
  if (error) return `${error.extensions.code} ${String(error.extensions["argument"])}`;
  const data = (answer.data ?? {}) as Record<string, Record<string, { edges?: unknown }> | null>;
  const fields = data[alias] ?? Object.values(data).find((value) => value !== null)?.[alias];
  return fields?.edges ? "an answer" : `nothing (${JSON.stringify(answer.errors).slice(0, 300)})`;
}

const variablesOf = (prefix: string, values: unknown[]) =>
  Object.fromEntries(values.map((value, n) => [`${prefix}${n}`, value]));

describe("attack 50: a list", () => {
  it("exists at the root and under objects of every domain", () => {
    const names = connections.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["Query.vms", "Vm.snapshots", "Vm.alerts", "Cluster.nodes", "Tenant.users"]),
    );
    expect(names.length).toBeGreaterThan(50);
  });

  it("attack 17: treats metacharacters in any filter as plain text, and refuses malformed text", async () => {
    const texts = [...metacharacters, ...malformed];
    for (const connection of connections) {
      const attempts: Attempt[] = [];
      for (const [field, type] of Object.entries(connection.filters)) {
        const refused = `filter.${field}`;
        if (type === "String") {
          texts.forEach((text, n) =>
            attempts.push({
              what: `${field} = string ${n}`,
              args: `first: 1, filter: { ${field}: $s${n} }`,
              refused: malformed.includes(text) ? refused : undefined,
            }),
          );
        } else if (type === "[String!]" || type === "[TagFilter!]") {
          const letter = type === "[String!]" ? "l" : "t";
          attempts.push({ what: `${field} with all strings`, args: `first: 1, filter: { ${field}: $${letter}All }` });
          malformed.forEach((_text, n) =>
            attempts.push({ what: `${field} = malformed ${n}`, args: `filter: { ${field}: $${letter}${n} }`, refused }),
          );
        }
      }
      if (attempts.length === 0) continue;
      const all = {
        ...variablesOf("s", texts),
        ...variablesOf(
          "l",
          malformed.map((text) => [text]),
        ),
        lAll: metacharacters,
        ...variablesOf(
          "t",
          malformed.map((text, n) => (n % 2 === 0 ? { key: text } : { key: "k", value: text })),
        ),
        tAll: metacharacters.map((text, n) => (n % 2 === 0 ? { key: text, value: text } : { key: text })),
      };
      const written = attempts.map(({ args }) => args).join(" ");
      const variables = Object.fromEntries(
        Object.entries(all).filter(([name]) => new RegExp(String.raw`\$${name}\b`).test(written)),
      );
      await attempt(connection, attempts, variables);
    }
  });

  it("matches a text with metacharacters only literally, never as a pattern", async () => {
    const { data } = await product.ask(
      `{ percent: vms(filter: { text: "%" }) { totalCount } any: vms(filter: { text: "t_ n" }) { totalCount } exact: vms(filter: { text: "T1 N" }) { totalCount } }`,
    );
    expect(data).toEqual({ percent: { totalCount: 0 }, any: { totalCount: 0 }, exact: { totalCount: 120 } });
  });

  it("names the filter whose ids are invalid", async () => {
    for (const connection of connections) {
      const attempts = Object.entries(connection.filters)
        .filter(([, type]) => type === "[ID!]")
        .flatMap(([field]) =>
          [`["7"]`, `["'; drop table vms; --"]`, `["${fleet.tenantId}", ""]`].map((ids) => ({
            what: `${field} ${ids}`,
            args: `filter: { ${field}: ${ids} }`,
            refused: `filter.${field}`,
          })),
        );
      if (attempts.length > 0) await attempt(connection, attempts, {});
    }
  });

  it("refuses a time range that ends before it begins, or that is outside the calendar", async () => {
    for (const connection of connections) {
      const attempts = Object.entries(connection.filters)
        .filter(([, type]) => type === "TimeRange")
        .flatMap(([field]): Attempt[] => [
          {
            what: `${field} backwards`,
            args: `filter: { ${field}: { from: "2026-03-02T00:00:00Z", to: "2026-03-01T00:00:00Z" } }`,
            refused: `filter.${field}`,
          },
          {
            what: `${field} of the year 0`,
            args: `filter: { ${field}: { from: "0000-01-01T00:00:00Z" } }`,
            refused: `filter.${field}.from`,
          },
          {
            what: `${field} of the year 10000`,
            args: `filter: { ${field}: { to: "9999-12-31T23:59:59-23:00" } }`,
            refused: `filter.${field}.to`,
          },
          {
            what: `${field} of all time`,
            args: `first: 1, filter: { ${field}: { from: "0001-01-01T00:00:00Z", to: "9999-12-31T00:00:00Z" } }`,
          },
          { what: `${field} without bounds`, args: `first: 1, filter: { ${field}: {} }` },
        ]);
      if (attempts.length > 0) await attempt(connection, attempts, {});
    }
  });

  it("refuses invalid values of a scalar, as a literal and as a variable", async () => {
    const values: Record<string, unknown[]> = {
      "[IPAddress!]": [["fe80::1%eth0"], ["2001:db8::/129"], ["1.2.3.4/33"], ["localhost"]],
      TimeRange: [{ from: "yesterday" }, { to: "2026-02-30T00:00:00Z" }],
      Long: ["many"],
    };
    const literal = (value: unknown) => JSON.stringify(value).replaceAll(/"(\w+)":/g, "$1:");
    for (const connection of connections) {
      const refused = Object.entries(connection.filters).flatMap(([field, type]) =>
        (values[type] ?? []).map((value) => ({ field, type, value })),
      );
      if (refused.length === 0) continue;
      const lists = (filter: (each: (typeof refused)[number], n: number) => string) =>
        connection.under(
          refused
            .map(
              (each, n) =>
                `a${n}: ${connection.field}(filter: { ${each.field}: ${filter(each, n)} }) { edges { cursor } }`,
            )
            .join(" "),
        );
      const written = await product.ask(lists(({ value }) => literal(value)));
      for (const [n, { field, value }] of refused.entries())
        expect(outcomeOf(written, `a${n}`), `${connection.name} ${literal(value)}`).toMatch(
          new RegExp(`^BAD_USER_INPUT filter.${field}`),
        );
      expect(JSON.stringify(written.errors.map(({ path }) => path))).not.toMatch(/_entities|@/);
      const declared = refused.map(({ type }, n) => `$v${n}: ${type}`).join(", ");
      const bound = await product.ask(
        `query (${declared}) ${lists((_each, n) => `$v${n}`)}`,
        variablesOf(
          "v",
          refused.map(({ value }) => value),
        ),
      );
      expect(bound.errors.map(({ extensions }) => [extensions.code, extensions["argument"]])).toEqual(
        refused.map((_each, n) => ["BAD_USER_INPUT", `$v${n}`]),
      );
    }
  });

  it.each<[string, unknown]>([
    ["Int", "x"],
    ["Int", 2 ** 40],
    ["Int!", undefined],
    ["VmFilter", { nothing: 1 }],
    ["VmFilter", { state: ["LOST"] }],
    ["VmFilter", JSON.parse('{"__proto__": {"text": "x"}}')],
    ["VmFilter", { constructor: 1 }],
    ["VmFilter", { tags: [{ value: "no key" }] }],
  ])("names the variable of type %s whose value is %j", async (type, value) => {
    const argument = type.startsWith("Int") ? "first" : "filter";
    const { data, errors } = await product.ask(`query ($value: ${type}) { vms(${argument}: $value) { totalCount } }`, {
      value,
    });
    expect(data).toBeNull();
    expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: "BAD_USER_INPUT", argument: "$value" }]);
  });

  it("accepts every address and number that its scalars allow", async () => {
    const values: Record<string, string[]> = {
      "[IPAddress!]": [`["1.2.3.4", "1.2.3.4/32", "::1", "::ffff:1.2.3.4", "2001:db8::/32", "2001:DB8::1"]`],
      "[Int!]": ["[2147483647, -2147483648]"],
      Float: ["1e308", "-1e308", "1e-320", "0"],
      Long: ["9007199254740993", "9223372036854775807", "-1"],
    };
    for (const connection of connections) {
      const attempts = Object.entries(connection.filters).flatMap(([field, type]) =>
        (values[type] ?? []).map((value) => ({
          what: `${field} ${value}`,
          args: `first: 1, filter: { ${field}: ${value} }`,
        })),
      );
      if (attempts.length > 0) await attempt(connection, attempts, {});
    }
  });
});

describe("attack 14: a page", () => {
  it("of a wrong size or direction is refused in every list", async () => {
    for (const connection of connections) {
      const attempts = pageErrors.map(([args, refused]) => ({ what: args, args, refused }));
      await attempt(connection, [...attempts, { what: "first: 0", args: "first: 0" }], {});
    }
  });

  it("begins only after a cursor of its own list in its own order, and refuses every forged cursor", async () => {
    const roots = connections.filter(({ name }) => name.startsWith("Query."));
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
        await attempt(connection, attempts.slice(from, from + 40), {});
      }
    }
  });
});

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

describe("case G23: a field", () => {
  it("answers or refuses numbers, times and durations at the edges of their types, and never fails", async () => {
    const schema = await graphSchema(product);
    const fields = extremeCalls(schema);
    expect(fields.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["Vm.metrics", "ClusterNodePlatform.metrics"]),
    );
    for (const { name, selections } of fields) {
      const under = underParent(schema, name.split(".")[0] ?? "", fleet);
      for (let start = 0; start < selections.length; start += 60) {
        const { errors } = await product.ask(under(selections.slice(start, start + 60).join(" ")));
        expect(errors.filter(({ extensions }) => extensions.code !== "BAD_USER_INPUT")).toEqual([]);
      }
    }
  });

  it.each([
    [`from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z", step: "PT596524H"`, "step"],
    [`from: "1970-01-01T00:00:00Z", to: "9000-01-01T00:00:00Z"`, "to"],
  ])("refuses metrics(%s)", async (args, argument) => {
    const { errors } = await product.ask(
      `{ vm(id: "${fleet.id("vm")}") { metrics(${args}) { times } } clusterNode(id: "${fleet.id("clusterNode")}") { platform { metrics(${args}) { times } } } }`,
    );
    expect(errors.map(({ path, extensions }) => [path?.[0], extensions.code, extensions["argument"]]).sort()).toEqual([
      ["clusterNode", "BAD_USER_INPUT", argument],
      ["vm", "BAD_USER_INPUT", argument],
    ]);
  });
});

it("case G9: a literal beyond the range of a Float is refused like a variable", async () => {
  const literal = await product.ask("{ instancePrices(filter: { minVcpu: 1e400 }) { totalCount } }");
  expect(literal.errors.map(({ extensions }) => extensions.code)).toEqual(["GRAPHQL_VALIDATION_FAILED"]);
});

describe("an object", () => {
  it("is looked up by an id; an error names a malformed one, and an unknown one is not found", async () => {
    const schema = await graphSchema(product);
    const lookups = Object.values(schema.getQueryType()?.getFields() ?? {}).filter(
      ({ args }) => args.length === 1 && args[0]?.name === "id",
    );
    expect(lookups.length).toBeGreaterThan(14);
    for (const id of ["", "7", "' or 1=1 --", "x".repeat(10_000), "\0", "0197a000-0000-7000-8000-00000000000g"]) {
      const { errors } = await product.ask(
        `query ($id: ID!) { ${lookups.map(({ name }) => `${name}(id: $id) { id }`).join(" ")} }`,
        { id },
      );
      expect(errors.map(({ path, extensions }) => [path?.[0], extensions.code, extensions["argument"]]).sort()).toEqual(
        lookups.map(({ name }) => [name, "BAD_USER_INPUT", "id"]).sort(),
      );
    }
    const unknown = await product.ask(
      `query ($id: ID!) { ${lookups.map(({ name }) => `${name}(id: $id) { id }`).join(" ")} }`,
      { id: "0197a000-ffff-7000-8000-000000000000" },
    );
    expect(unknown.errors.map(({ path, extensions }) => [path?.[0], extensions.code]).sort()).toEqual(
      lookups.map(({ name }) => [name, "NOT_FOUND"]).sort(),
    );
  });
});

describe("pages of rows that share their times", () => {
  const total = 120;
  it.each([
    "Query.vms",
    "Query.migrations",
    "Query.clusterNodes",
    "Query.users",
    "Query.alerts",
    "Query.instancePrices",
  ])("visit every row of %s exactly once, in every order, direction and way", async (name) => {
    const connection = connections.find((each) => each.name === name);
    if (!connection) throw new Error(`${name} is not in the graph.`);
    for (const order of connection.orders) {
      const ascending = await walk(connection, order, "ASC", "forwards");
      expect(new Set(ascending).size, `${order} forwards`).toBe(total);
      expect(ascending).toHaveLength(total);
      const descending = ascending.toReversed();
      expect(await walk(connection, order, "DESC", "forwards"), `${order} DESC forwards`).toEqual(descending);
      expect(await walk(connection, order, "ASC", "backwards"), `${order} ASC backwards`).toEqual(ascending);
      expect(await walk(connection, order, "DESC", "backwards"), `${order} DESC backwards`).toEqual(descending);
    }
  });

  /** Returns the ids of a list in its order, read page by page from its beginning or from its end. */
  async function walk({ field, orderType }: ConnectionField, order: string, direction: string, way: string) {
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
      expect(totalCount).toBe(total);
      const listed = (nodes as { id: string }[]).map(({ id }) => id);
      if (forwards) ids.push(...listed);
      else ids.unshift(...listed);
      expect(forwards ? pageInfo.hasPreviousPage : pageInfo.hasNextPage).toBe(page > 0);
      if (!(forwards ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) break;
      cursor = forwards ? pageInfo.endCursor : pageInfo.startCursor;
    }
    return ids;
  }
});
