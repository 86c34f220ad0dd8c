import type { QueryPlan } from "@apollo/query-planner";
import { buildSchema, type FieldNode, parse, visit } from "graphql";
import { describe, expect, it } from "vitest";
import { PublicError } from "#lib/errors.ts";
import type { Variables } from "#lib/graphql/variables.ts";
import { documentOf, keyOf, operationOf } from "../../operation.ts";
import { Aliases } from "../../planning/aliases.ts";
import { plannedFields } from "../../planning/planned-fields.ts";
import type { Data } from "../data.ts";
import { unfetched } from "../failures.ts";
import { typesOf } from "../types.ts";
import { answerWriter } from "./answer-writer.ts";

const schema = buildSchema(`
  type Query { vm: Vm  sure: Vm!  vms: [Vm!]  node: Node  any: Any }
  interface Node { id: ID! }
  type Vm implements Node { id: ID!  name: String!  host: Host }
  type Host implements Node { id: ID!  zone: String }
  union Any = Vm | Host`);

interface Given {
  /** What the plan fetches, if that is not the query itself. */
  planned?: string;
  variables?: Variables;
  /** The keys of the fields that are refused. */
  refused?: readonly string[];
}

/** What is reported of a response that is whole. */
const nothing = { problems: [], refusals: [], unfetched: [] };
const refusal = new PublicError("FORBIDDEN", "This needs a permission.");

/** Writes the response to a query for which subgraphs have returned these data. */
function answer(query: string, data: Data, { planned = query, variables = {}, refused = [] }: Given = {}) {
  const written = operationOf(parse(query), undefined);
  if (!written) throw new Error("The document has no operation.");
  const refusals = new Map<FieldNode, PublicError>();
  visit(documentOf(written), {
    Field: (node) => void (refused.includes(keyOf(node)) && refusals.set(node, refusal)),
  });
  const plan = { kind: "QueryPlan", node: { kind: "Fetch", operation: planned } } as unknown as QueryPlan;
  const write = answerWriter(
    { apiSchema: schema, fits: typesOf(schema) },
    { written, booleans: new Map(), refused: refusals, aliases: new Aliases(written, new Set()) },
    plannedFields(plan),
  );
  return write(data, variables);
}

describe("a value that does not fit is null, with a message and its path", () => {
  const typed = "{ node { id ... on Vm { name } } }";
  it.each<[string, Data, string, [string, (string | number)[]], Given?]>([
    [
      "{ vm { name } }",
      { vm: {} },
      `{"vm":null}`,
      ["Cannot return null for non-nullable field Vm.name.", ["vm", "name"]],
    ],
    [
      "{ vms { host { key: id } } }",
      { vms: [{}, { host: {} }] },
      `{"vms":[{"host":null},{"host":null}]}`,
      ["Cannot return null for non-nullable field Host.key.", ["vms", 1, "host", "key"]],
    ],
    ["{ sure { id } }", {}, "null", ["Cannot return null for non-nullable field Query.sure.", ["sure"]]],
    ["{ vm { id } }", { vm: "x" }, `{"vm":null}`, ["Invalid value found for field Query.vm.", ["vm"]]],
    [
      "{ vms { id } }",
      { vms: ["x"] },
      `{"vms":null}`,
      ["Invalid value found for array element of type Vm!.", ["vms", 0]],
    ],
    ...["Query", "String", "None", 7, ["Vm"]].map((__typename): [string, Data, string, [string, string[]]] => [
      "{ node { id } }",
      { node: { __typename, id: "1" } },
      `{"node":null}`,
      ["Invalid __typename found for object at field Query.node.", ["node"]],
    ]),
    [
      typed,
      { node: { id: "1" } },
      `{"node":null}`,
      ["No subgraph answered the type of the object at field Query.node.", ["node"]],
    ],
    [
      "{ node { __typename id } }",
      { node: { id: "1" } },
      `{"node":null}`,
      ["Invalid __typename found for Node.", ["node", "__typename"]],
    ],
    [
      "{ vm { id host { zone } } }",
      { vm: { id: "1" } },
      `{"vm":{"id":"1","host":null}}`,
      ["No subgraph can be queried for field Vm.host.", ["vm", "host"]],
      { planned: "{ vm { id } }" },
    ],
    [
      "{ node { id } }",
      { node: { __typename: "Vm" } },
      `{"node":null}`,
      ["No subgraph can be queried for field Vm.id.", ["node", "id"]],
      { planned: "{ node { __typename ... on Host { id } } }" },
    ],
  ])("%s of %j", (query, data, json, [message, path], given) => {
    expect(answer(query, data, given)).toEqual({ ...nothing, json, problems: [{ message, path }] });
  });
});

describe("a value that fits is written", () => {
  it.each<[string, Data, string, Given?]>([
    ["{ vm { id } }", { vm: null }, `{"vm":null}`],
    ["{ vm { id } vms { id } }", {}, `{"vm":null,"vms":null}`],
    ["{ any { ... on Host { zone } } }", { any: { __typename: "Vm" } }, `{"any":{}}`],
    ["{ node { id ... on Vm { name } } }", { node: { __typename: "Host", id: "1" } }, `{"node":{"id":"1"}}`],
    ["{ vm { ... on Node { ... on Host { zone } } id } }", { vm: { id: "1" } }, `{"vm":{"id":"1"}}`],
    [
      "{ node { id } }",
      { node: { __typename: "Vm", id: "1" } },
      `{"node":{"id":"1"}}`,
      { planned: "{ node { __typename ... on Host { id } } }" },
    ],
    [
      "query ($type: String!) { t: __type(name: $type) { name } vm { __typename } __schema { queryType { name } } }",
      { vm: {} },
      `{"t":{"name":"Host"},"vm":{"__typename":"Vm"},"__schema":{"queryType":{"name":"Query"}}}`,
      { variables: { type: "Host" } },
    ],
  ])("%s of %j", (query, data, json, given) => {
    expect(answer(query, data, given)).toEqual({ ...nothing, json });
  });
});

it("introspection that fails is an error of the whole request", () => {
  const query = "query ($type: String!) { __type(name: $type) { name } }";
  expect(() => answer(query, {})).toThrow('Variable "$type" of required type "String!" was not provided.');
});

describe("a refused field is null, with its refusal and its path", () => {
  it.each([
    ["{ vm { id host { zone } } }", ["host"], `{"vm":{"id":"1","host":null}}`, ["vm", "host"]],
    ["{ vm { id host { zone } host { key: id } } }", ["key"], `{"vm":{"id":"1","host":null}}`, ["vm", "host", "key"]],
    ["{ vm { id name } }", ["name"], `{"vm":null}`, ["vm", "name"]],
    ["{ vm { id type: __typename } }", ["type"], `{"vm":null}`, ["vm", "type"]],
  ])("%s without %j", (query, refused, json, path) => {
    const data = { vm: { id: "1", host: { zone: "a" } } };
    expect(answer(query, data, { refused })).toEqual({ ...nothing, json, refusals: [{ refusal, path }] });
  });
});

it("a field that was not fetched is null, and its path is reported", () => {
  const data = { vm: { id: "1", host: unfetched }, vms: [{ id: "2", name: unfetched }] };
  expect(answer("{ vm { host { id } } vms { id name } }", data as Data)).toEqual({
    ...nothing,
    json: `{"vm":{"host":null},"vms":null}`,
    unfetched: [
      { path: ["vm", "host"], others: [] },
      { path: ["vms", 0, "name"], others: [] },
    ],
  });
});

describe("a field that was not fetched and made its object null is reported with the other fields that made it null", () => {
  const path = ["vm", "name"];
  it.each<[string, Data, Partial<ReturnType<typeof answer>>, Given?]>([
    [
      "{ vm { name id } }",
      { vm: { name: unfetched } },
      {
        problems: [{ message: "Cannot return null for non-nullable field Vm.id.", path: ["vm", "id"] }],
        unfetched: [{ path, others: [["vm", "id"]] }],
      },
    ],
    [
      "{ vm { name id } }",
      { vm: { name: unfetched, id: "1" } },
      { refusals: [{ refusal, path: ["vm", "id"] }], unfetched: [{ path, others: [["vm", "id"]] }] },
      { refused: ["id"] },
    ],
    // Of several that were not fetched, one is enough.
    ["{ vm { name id } }", { vm: { name: unfetched, id: unfetched } }, { unfetched: [{ path, others: [] }] }],
    // A null that is allowed is no reason.
    ["{ vm { name host { id } } }", { vm: { name: unfetched, host: "x" } }, { unfetched: [{ path, others: [] }] }],
    // What made the object null before is reported alone.
    [
      "{ vm { id name } }",
      { vm: { name: unfetched } },
      { problems: [{ message: "Cannot return null for non-nullable field Vm.id.", path: ["vm", "id"] }] },
    ],
  ])("%s of %j", (query, data, reported, given) => {
    expect(answer(query, data, given)).toEqual({ ...nothing, json: `{"vm":null}`, ...reported });
  });

  it("in lists as well", () => {
    const problem = { message: "Cannot return null for non-nullable field Vm.id.", path: ["vms", 1, "id"] };
    expect(answer("{ vms { name id } }", { vms: [{ name: "a", id: "1" }, { name: unfetched }] })).toEqual({
      ...nothing,
      json: `{"vms":null}`,
      problems: [problem],
      unfetched: [{ path: ["vms", 1, "name"], others: [problem.path] }],
    });
  });
});
