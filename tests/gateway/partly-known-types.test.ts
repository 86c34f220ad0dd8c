import { describe, expect, it } from "vitest";
import { bothExecutors } from "./both-executors.ts";
import { composed, type KeyedSubgraph, keyedSubgraphs, type Row } from "./keyed-subgraphs.ts";

const machine: Row = { __typename: "Machine", id: "1" };
const restart = { __typename: "Restart", name: "restart" };
const resize = { __typename: "Resize", name: "resize", cpus: 4, by: { __typename: "Robot", model: "R2", age: 3 } };
const move = { __typename: "Move", name: "move", host: "h2" };

const machineIn = (root: string, known: string) => `type Query { ${root}: [Machine] }
  type Machine @key(fields: "id") { id: ID!  plan: Plan @shareable  ${root}Plan: Plan } type Plan @shareable { steps: [Step!]! }
  union Step = Restart | ${known} type Restart @shareable { name: String }`;
const planOf = (...steps: readonly object[]) => ({ __typename: "Plan", steps });

/** Both subgraphs have the plan of a machine, and each has steps there of a type that the other does not define. */
const subgraphs: Readonly<Record<string, KeyedSubgraph>> = {
  a: {
    sdl: `${machineIn("a", "Resize")} type Resize { name: String  cpus(unit: Int): Int!  by: Actor }
      union Actor = Robot | Person type Robot { model: String  age: Int } type Person { age: Int }`,
    roots: { a: [machine] },
    fields: { "Machine.plan": () => planOf(restart, resize), "Machine.aPlan": () => planOf(resize, restart) },
  },
  b: {
    sdl: `${machineIn("b", "Move")} type Move @key(fields: "name") { name: String  host: String }`,
    roots: { b: [machine] },
    fields: { "Machine.plan": () => planOf(restart, move), "Machine.bPlan": () => planOf(move) },
  },
  c: { sdl: `type Move @key(fields: "name") { name: String  note: String }` },
};

describe("case G3: a subgraph is queried for its fields of an object whose type only that subgraph defines", () => {
  const sdl = composed(subgraphs);
  if (sdl === undefined) throw new Error("The subgraphs do not compose.");
  const executors = bothExecutors(sdl);
  const answered = (query: string, variables = {}) =>
    executors.ours({ query, variables }, keyedSubgraphs(subgraphs, [machine]));

  it.each([
    [
      "{ a { plan { steps { ... on Resize { cpus } ... on Restart { name } ... on Move { host } } } } }",
      { a: [{ plan: { steps: [{ name: "restart" }, { cpus: 4 }] } }] },
    ],
    [
      "{ b { plan { steps { ... on Resize { name } ... on Restart { name } ... on Move { name host } } } } }",
      { b: [{ plan: { steps: [{ name: "restart" }, { name: "move", host: "h2" }] } }] },
    ],
    [
      "{ a { plan { steps { __typename ... on Move { host } } } } }",
      { a: [{ plan: { steps: [{ __typename: "Restart" }, { __typename: "Resize" }] } }] },
    ],
    [
      "{ a { plan { steps { ... on Resize { by { ... on Robot { model } ... on Person { age } } } } } } }",
      { a: [{ plan: { steps: [{}, { by: { model: "R2" } }] } }] },
    ],
    [
      "{ a { aPlan { steps { ... on Resize { n: name } } } plan { steps { ... on Resize { name n: cpus } } } bPlan { steps { ... on Move { n: host } } } } }",
      {
        a: [
          {
            aPlan: { steps: [{ n: "resize" }, {}] },
            plan: { steps: [{}, { name: "resize", n: 4 }] },
            bPlan: { steps: [{ n: "h2" }] },
          },
        ],
      },
    ],
  ])("%s", async (query, data) => {
    expect(await answered(query)).toEqual({ data, errors: [], invalid: [] });
  });

  it("with the variables of the client", async () => {
    const query = "query($unit: Int) { a { plan { steps { ... on Resize { cpus(unit: $unit) } } } } }";
    const { data, errors } = await answered(query, { unit: 2 });
    expect({ data, errors }).toEqual({ data: { a: [{ plan: { steps: [{}, { cpus: 4 }] } }] }, errors: [] });
  });
});

/** Subgraph `a` returns steps that other subgraphs do not have in a plan, though they know more about them. */
const further: Readonly<Record<string, KeyedSubgraph>> = {
  a: {
    sdl: `type Query { machine: [Machine] } type Machine @key(fields: "id") { id: ID!  plan: Plan @shareable } type Plan @shareable { steps: [[Step!]!]! }
      union Step = Restart | Resize | Copy type Restart @shareable { name: String } type Resize @key(fields: "name") { name: String!  cost: Int }
      type Copy @key(fields: "id") { id: ID!  cost: String  by: Actor } union Actor = Robot | Person type Robot @key(fields: "id") { id: ID! } type Person { age: Int }`,
    roots: { machine: [machine] },
    fields: {
      "Machine.plan": () => ({
        steps: [
          [{ __typename: "Restart", name: "restart" }],
          [
            { __typename: "Resize", name: "resize", cost: 3 },
            { __typename: "Copy", id: "7", cost: "none", by: { __typename: "Robot", id: "r" } },
          ],
        ],
      }),
    },
  },
  b: {
    sdl: `type Machine @key(fields: "id") { id: ID!  plan: Plan @shareable } type Plan @shareable { steps: [[Step!]!]! }
      union Step = Restart type Restart @shareable { name: String }`,
  },
  c: {
    sdl: `type Resize @key(fields: "name") { name: String!  note(in: String): String  cost: Int @external  price: Int @requires(fields: "cost") }
      type Copy @key(fields: "id") { id: ID!  size: Int  target: Host } type Host @key(fields: "id") { id: ID! } type Robot @key(fields: "id") { id: ID!  model: String }`,
    fields: {
      "Resize.note": (_row) => "by night",
      "Resize.price": (_row, { cost }) => 10 * Number(cost),
      "Copy.target": () => ({ __typename: "Host", id: "h" }),
    },
  },
  d: { sdl: `type Host @key(fields: "id") { id: ID!  name: String }` },
};
const rows: readonly Row[] = [
  machine,
  { __typename: "Resize", name: "resize" },
  { __typename: "Copy", id: "7", size: 5 },
  { __typename: "Host", id: "h", name: "host h" },
  { __typename: "Robot", id: "r", model: "R2" },
];

describe("case G3: other subgraphs are queried for their fields of an object whose type only one subgraph defines there", () => {
  const sdl = composed(further);
  if (sdl === undefined) throw new Error("The subgraphs do not compose.");
  const executors = bothExecutors(sdl);

  it.each([
    ["{ ... on Resize { note } ... on Restart { name } }", [[{ name: "restart" }], [{ note: "by night" }, {}]]],
    ["{ ... on Resize { price name } ... on Copy { size } }", [[{}], [{ price: 30, name: "resize" }, { size: 5 }]]],
    ["{ ... on Copy { target { name id } } }", [[{}], [{}, { target: { name: "host h", id: "h" } }]]],
    ["{ ... on Copy { cost } ... on Resize { cost } }", [[{}], [{ cost: 3 }, { cost: "none" }]]],
    [
      "{ ... on Copy { x: size } ... on Resize { x: price } ... on Restart { x: name } }",
      [[{ x: "restart" }], [{ x: 30 }, { x: 5 }]],
    ],
    [
      "{ __typename ... on Copy { by { ... on Robot { model } } } }",
      [[{ __typename: "Restart" }], [{ __typename: "Resize" }, { __typename: "Copy", by: { model: "R2" } }]],
    ],
  ])("%s", async (selection, steps) => {
    const query = `{ machine { plan { steps ${selection} } } }`;
    expect(await executors.ours({ query, variables: {} }, keyedSubgraphs(further, rows))).toEqual({
      data: { machine: [{ plan: { steps } }] },
      errors: [],
      invalid: [],
    });
  });

  it("with the variables of the client", async () => {
    const query = "query($in: String) { machine { plan { steps { ... on Resize { note(in: $in) } } } } }";
    const calls: unknown[] = [];
    const serve = keyedSubgraphs(further, rows);
    await executors.ours({ query, variables: { in: "EN" } }, (name, text, variables) => {
      if (text.includes("note")) calls.push(variables["in"]);
      return serve(name, text, variables);
    });
    expect(calls).toEqual(["EN"]);
  });
});

it("case G3: a type that clients do not see, behind a union that another subgraph knows without it, stops no operation", async () => {
  const withDraft = (known: string, more: string) => `type Query { media: [Media] @shareable } union Media = ${known}
    type Book @shareable { name: String } ${more}`;
  const book: Row = { __typename: "Book", id: "1", name: "b" };
  const hidden: Readonly<Record<string, KeyedSubgraph>> = {
    a: {
      sdl: withDraft("Book | Draft", "type Draft @inaccessible { name: String }"),
      roots: { media: [book] },
    },
    b: { sdl: withDraft("Book", ""), roots: { media: [book] } },
  };
  const sdl = composed(hidden);
  if (sdl === undefined) throw new Error("The subgraphs do not compose.");
  const query = "{ media { ... on Book { name } } }";
  const { data, errors } = await bothExecutors(sdl).ours({ query, variables: {} }, keyedSubgraphs(hidden, []));
  expect([data, errors]).toEqual([{ media: [{ name: "b" }] }, []]);
});
