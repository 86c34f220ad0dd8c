import { describe, expect, it } from "vitest";
import { type FilledGraph, rowCount } from "./filled-graph.ts";
import { attempt, type Attempt, outcomeOf, variablesOf } from "./list-attempts.ts";

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

/** Declares the tests of the filters of every list. */
export function filtersSuite(graph: () => FilledGraph): void {
  describe("attack 50: a list", () => {
    it("exists at the root and under objects of every domain", () => {
      const { connections } = graph();
      const names = connections.map(({ name }) => name);
      expect(names).toEqual(
        expect.arrayContaining(["Query.vms", "Vm.snapshots", "Vm.alerts", "Cluster.nodes", "Tenant.users"]),
      );
      expect(names.length).toBeGreaterThan(50);
    });

    it("attack 17: treats metacharacters in any filter as plain text, and refuses malformed text", async () => {
      const { product, tried } = graph();
      const texts = [...metacharacters, ...malformed];
      for (const connection of tried) {
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
              attempts.push({
                what: `${field} = malformed ${n}`,
                args: `filter: { ${field}: $${letter}${n} }`,
                refused,
              }),
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
        await attempt(product, connection, attempts, variables);
      }
    });

    it("matches a text with metacharacters only literally, never as a pattern", async () => {
      const { product } = graph();
      const { data } = await product.ask(
        `{ percent: vms(filter: { text: "%" }) { totalCount } any: vms(filter: { text: "t_ n" }) { totalCount } exact: vms(filter: { text: "T1 N" }) { totalCount } }`,
      );
      expect(data).toEqual({ percent: { totalCount: 0 }, any: { totalCount: 0 }, exact: { totalCount: rowCount } });
    });

    it("names the filter whose ids are invalid", async () => {
      const { product, fleet, tried } = graph();
      for (const connection of tried) {
        const attempts = Object.entries(connection.filters)
          .filter(([, type]) => type === "[ID!]")
          .flatMap(([field]) =>
            [`["7"]`, `["'; drop table vms; --"]`, `["${fleet.tenantId}", ""]`].map((ids) => ({
              what: `${field} ${ids}`,
              args: `filter: { ${field}: ${ids} }`,
              refused: `filter.${field}`,
            })),
          );
        if (attempts.length > 0) await attempt(product, connection, attempts, {});
      }
    });

    it("refuses a time range that ends before it begins, or that is outside the calendar", async () => {
      const { product, tried } = graph();
      for (const connection of tried) {
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
        if (attempts.length > 0) await attempt(product, connection, attempts, {});
      }
    });

    it("refuses invalid values of a scalar, as a literal and as a variable", async () => {
      const { product, tried } = graph();
      const values: Record<string, unknown[]> = {
        "[IPAddress!]": [["fe80::1%eth0"], ["2001:db8::/129"], ["1.2.3.4/33"], ["localhost"]],
        TimeRange: [{ from: "yesterday" }, { to: "2026-02-30T00:00:00Z" }],
        Long: ["many"],
      };
      const literal = (value: unknown) => JSON.stringify(value).replaceAll(/"(\w+)":/g, "$1:");
      for (const connection of tried) {
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
      const { product } = graph();
      const argument = type.startsWith("Int") ? "first" : "filter";
      const { data, errors } = await product.ask(
        `query ($value: ${type}) { vms(${argument}: $value) { totalCount } }`,
        {
          value,
        },
      );
      expect(data).toBeNull();
      expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: "BAD_USER_INPUT", argument: "$value" }]);
    });

    it("accepts every address and number that its scalars allow", async () => {
      const { product, tried } = graph();
      const values: Record<string, string[]> = {
        "[IPAddress!]": [`["1.2.3.4", "1.2.3.4/32", "::1", "::ffff:1.2.3.4", "2001:db8::/32", "2001:DB8::1"]`],
        "[Int!]": ["[2147483647, -2147483648]"],
        Float: ["1e308", "-1e308", "1e-320", "0"],
        Long: ["9007199254740993", "9223372036854775807", "-1"],
      };
      for (const connection of tried) {
        const attempts = Object.entries(connection.filters).flatMap(([field, type]) =>
          (values[type] ?? []).map((value) => ({
            what: `${field} ${value}`,
            args: `first: 1, filter: { ${field}: ${value} }`,
          })),
        );
        if (attempts.length > 0) await attempt(product, connection, attempts, {});
      }
    });
  });
}
