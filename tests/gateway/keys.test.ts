import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bothExecutors } from "./both-executors.ts";
import { composed, type KeyedSubgraph, keyedSubgraphs, type Row } from "./keyed-subgraphs.ts";

const seed = Number(process.env["NOVACRON_SEED"] ?? 20261130);
const runs = Number(process.env["NOVACRON_RUNS"] ?? 30);

const items: readonly Row[] = [1, 2].map((n) => ({
  __typename: "Item",
  n,
  id: `id-${n}`,
  code: `code-${n}`,
  part: { one: `one-${n}`, two: `two-${n}`, three: `three-${n}` },
  name: `name-${n}`,
}));

async function answered(subgraphs: Readonly<Record<string, KeyedSubgraph>>, rows: readonly Row[], query: string) {
  const sdl = composed(subgraphs);
  if (sdl === undefined) throw new Error("The subgraphs do not compose.");
  return bothExecutors(sdl).ours({ query, variables: {} }, keyedSubgraphs(subgraphs, rows));
}

const label = (row: Row, brought: Row) => (brought["name"] === row["name"] ? `label of ${String(row["name"])}` : null);

describe("case G2: an entity is fetched again by a key that its subgraph resolves", () => {
  const shared = "id: ID! @shareable  code: ID! @shareable  part: Part! @shareable";
  const part = "type Part @shareable { one: ID!  two: ID!  three: ID! }";
  const names: KeyedSubgraph = {
    sdl: `type Item @key(fields: "id") @key(fields: "code", resolvable: false) @key(fields: "part { one two }", resolvable: false) {
        ${shared}  name: String! } ${part}`,
  };
  const positions = [
    ["id", "part { one }", "code"],
    ["part { one two }", "code", "id part { two three }"],
    ["code", "id", "part { three }"],
  ].flatMap((keys) =>
    [[0], [1], [2], [0, 2], [1, 2]].map((resolvable) =>
      keys.map((fields, index) => `@key(fields: "${fields}", resolvable: ${resolvable.includes(index)})`).join(" "),
    ),
  );

  it.each(positions)("%s", async (keys) => {
    const labels: KeyedSubgraph = {
      sdl: `type Query { items: [Item!]! }
        type Item ${keys} { ${shared}  name: String! @external  label: String @requires(fields: "name") } ${part}`,
      roots: { items },
      fields: { "Item.label": label },
    };
    const { data, errors } = await answered({ names, labels }, items, "{ items { id name label } }");
    expect(errors).toEqual([]);
    expect(data).toEqual({
      items: [1, 2].map((n) => ({ id: `id-${n}`, name: `name-${n}`, label: `label of name-${n}` })),
    });
  });
});

const media: readonly Row[] = [
  { __typename: "Book", interface: "Media", id: "1", code: "a", name: "one", pages: 100 },
  { __typename: "Film", interface: "Media", id: "2", code: "b", name: "two", minutes: 90 },
];

describe("case G2: an object that a subgraph knows by @interfaceObject, or by its interface's key,", () => {
  it.each([
    [`@key(fields: "id", resolvable: false) @key(fields: "code")`],
    [`@key(fields: "code") @key(fields: "id", resolvable: false)`],
    [`@key(fields: "id code", resolvable: false) @key(fields: "id", resolvable: false) @key(fields: "code")`],
  ])("is fetched again by a key that its subgraph resolves: %s", async (keys) => {
    const catalogue: KeyedSubgraph = {
      sdl: `type Query { media: [Media!] }
        interface Media @key(fields: "id") @key(fields: "code") @key(fields: "id code") { id: ID!  code: ID!  name: String }
        type Book implements Media @key(fields: "id") @key(fields: "code") @key(fields: "id code") {
          id: ID! @shareable  code: ID! @shareable  name: String  pages: Int }
        type Film implements Media @key(fields: "id") @key(fields: "code") @key(fields: "id code") {
          id: ID! @shareable  code: ID! @shareable  name: String  minutes: Int }`,
      roots: { media },
    };
    const labels: KeyedSubgraph = {
      sdl: `type Query { labelled: [Media!] }
        type Media @interfaceObject ${keys} {
          id: ID! @shareable  code: ID! @shareable  name: String @external  label: String @requires(fields: "name") }`,
      roots: { labelled: media },
      fields: { "Media.label": label },
    };
    const query = "{ labelled { label ... on Book { pages } ... on Film { minutes } } media { name label } }";
    const { data, errors } = await answered({ catalogue, labels }, media, query);
    expect(errors).toEqual([]);
    expect(data).toEqual({
      labelled: [
        { label: "label of one", pages: 100 },
        { label: "label of two", minutes: 90 },
      ],
      media: [
        { name: "one", label: "label of one" },
        { name: "two", label: "label of two" },
      ],
    });
  });
});

describe("case G2: a field that two subgraphs have", () => {
  it("comes from the one that can be called again", async () => {
    const shared =
      'type Item @key(fields: "id") { id: ID! @shareable  name: String @external  label: String @shareable @requires(fields: "name") }';
    const subgraphs: Record<string, KeyedSubgraph> = {
      names: { sdl: `type Item @key(fields: "id") { id: ID! @shareable  name: String }` },
      labels: { sdl: shared, fields: { "Item.label": label } },
      lists: {
        sdl: `type Query { items: [Item!] } ${shared.replace('"id")', '"id", resolvable: false)')}`,
        roots: { items },
      },
    };
    const { data, errors } = await answered(subgraphs, items, "{ items { label } }");
    expect({ data, errors }).toEqual({
      data: { items: [{ label: "label of name-1" }, { label: "label of name-2" }] },
      errors: [],
    });
  });
});

/** Draws three subgraphs with random keys, each with a field of its own that may require those of the others. */
function graphFrom(choose: (count: number) => number) {
  const graphs = ["a", "b", "c"];
  const possible = ["id", "code", "part { one two }", "id part { two three }", "part { three } code"];
  const chosen = graphs.map((name) => {
    const keys = possible
      .filter(() => choose(2) === 0)
      .map((fields) => ({ fields, resolvable: choose(2) === 0, at: choose(10) }))
      .toSorted((one, other) => one.at - other.at);
    if (!keys.some(({ resolvable }) => resolvable)) keys.push({ fields: "id", resolvable: true, at: 10 });
    const requires = graphs.filter((other) => other !== name && choose(3) === 0);
    return { name, keys, requires, isRoot: name === "a" || choose(2) === 0 };
  });
  const valueOf = (name: string, n: unknown, above: readonly string[] = []): string => {
    const { requires } = chosen.find((each) => each.name === name) ?? { requires: [] };
    if (above.includes(name)) throw new Error("The requirement is circular.");
    return `${name}${String(n)}(${requires.map((other) => valueOf(other, n, [...above, name])).join()})`;
  };
  const subgraphs = Object.fromEntries(
    chosen.map(({ name, keys, requires, isRoot }): [string, KeyedSubgraph] => {
      const has = (field: string) => keys.some(({ fields }) => fields.split(/\W+/).includes(field));
      const parts = ["one", "two", "three"].filter(has).map((field) => `${field}: ID!`);
      const required = requires.map((other) => `in_${other}`).join(" ");
      return [
        name,
        {
          sdl: `${isRoot ? `type Query { from_${name}: [Item!] }` : ""}
            type Item ${keys.map(({ fields, resolvable }) => `@key(fields: "${fields}", resolvable: ${resolvable})`).join(" ")} {
              ${has("id") ? "id: ID! @shareable" : ""} ${has("code") ? "code: ID! @shareable" : ""}
              ${has("part") ? "part: Part! @shareable" : ""}
              in_${name}: String ${required ? `@requires(fields: "${required}")` : ""}
              ${requires.map((other) => `in_${other}: String @external`).join(" ")}
            } ${parts.length > 0 ? `type Part @shareable { ${parts.join(" ")} }` : ""}`,
          roots: { [`from_${name}`]: items },
          fields: {
            [`Item.in_${name}`]: ({ n }, brought) =>
              `${name}${String(n)}(${requires.map((other) => String(brought[`in_${other}`])).join()})`,
          },
        },
      ];
    }),
  );
  return { subgraphs, roots: chosen.filter(({ isRoot }) => isRoot).map(({ name }) => name), valueOf };
}

describe(`case G2: with NOVACRON_SEED=${seed}, subgraphs with random keys`, () => {
  it("answer as one undivided graph does", async () => {
    let planned = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(29), { minLength: 60, maxLength: 60 }), async (tape) => {
        let at = 0;
        const { subgraphs, roots, valueOf } = graphFrom((count) => (tape[at++] ?? 0) % count);
        let expected: Row[];
        try {
          expected = items.map(({ n }) =>
            Object.fromEntries(["a", "b", "c"].map((name) => [`in_${name}`, valueOf(name, n)])),
          );
        } catch {
          return;
        }
        const sdl = composed(subgraphs);
        if (sdl === undefined) return;
        const both = bothExecutors(sdl);
        for (const root of roots) {
          planned += 1;
          const query = `{ from_${root} { in_a in_b in_c } }`;
          const { data, errors } = await both.ours({ query, variables: {} }, keyedSubgraphs(subgraphs, items));
          expect({ data, errors }, sdl).toEqual({ data: { [`from_${root}`]: expected }, errors: [] });
        }
      }),
      { seed, numRuns: runs, interruptAfterTimeLimit: 45_000, markInterruptAsFailure: false },
    );
    expect(planned).toBeGreaterThan(runs / 4);
  });
});
