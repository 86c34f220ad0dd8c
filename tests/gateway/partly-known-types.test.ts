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

  it("and the fields that others have of the object are an error, also where a field of another type has the same response key", async () => {
    const query = "{ b { plan { steps { ... on Restart { note: name } ... on Move { host note } } } } }";
    expect(await answered(query)).toEqual({
      data: { b: [{ plan: { steps: [{ note: "restart" }, { host: "h2", note: null }] } }] },
      errors: [],
      invalid: [["b", 0, "plan", "steps", 1, "note"]],
    });
  });
});
