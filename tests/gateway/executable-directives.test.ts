import { operationFromDocument, Supergraph } from "@apollo/federation-internals";
import { type FetchNode, QueryPlanner } from "@apollo/query-planner";
import { Kind, parse, print, type SelectionSetNode, validate, visit } from "graphql";
import { describe, expect, it } from "vitest";
import { bothExecutors } from "./both-executors.ts";
import { head } from "./differential/federation.ts";
import { supergraphOf } from "./foreign-subgraph.ts";

const sdl = supergraphOf({
  shop: `scalar Decimal
    directive @cached(for: Decimal) repeatable on QUERY | FIELD | INLINE_FRAGMENT | FRAGMENT_SPREAD
    directive @named(as: String) on FRAGMENT_SPREAD
    type Query { shop: Shop  things: [Thing!]  count: Int }
    interface Thing { id: ID  size: Int }
    type Shop { name: String  owner: Owner }
    type Owner { name: String }
    type Book implements Thing { id: ID  size: Int  pages: Int }
    type Film implements Thing { id: ID  size: Int  minutes: Int }`,
});
const both = bothExecutors(sdl);

const access = (scope: string) => `extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.1", import: ["@composeDirective"])
    @link(url: "https://example.com/access/v1.0", import: ["@access"]) @composeDirective(name: "@access")
  directive @access(scope: Scope! ${scope}  note: String) on FIELD | QUERY | INLINE_FRAGMENT
  enum Scope { PUBLIC  PRIVATE }`;
const linked = bothExecutors(
  supergraphOf({
    a: `${access("")} type Query { a: String }`,
    b: `${access("= PUBLIC")} type Query { b: String }`,
  }),
);
const operationOf = (query: string, variables: Record<string, unknown> = {}): string =>
  (both.plan({ query, variables }).node as FetchNode).operation;

const supergraph = Supergraph.build(sdl);
const apollo = (query: string): string => {
  const operation = operationFromDocument(supergraph.apiSchema(), parse(query));
  return (new QueryPlanner(supergraph).buildQueryPlan(operation).node as FetchNode).operation;
};

/**
 * Returns every directive of a document, with the response keys above it and the fields that it applies to. Leaves out type conditions: a fragment on a known
 * type is planned without one.
 */
function directivesIn(text: string): string[] {
  const found: string[] = [];
  const keys: string[] = [];
  visit(parse(text), {
    enter: (node) => {
      if (node.kind === Kind.FIELD) keys.push((node.alias ?? node.name).value);
      if (!("directives" in node)) return;
      const inside = "selectionSet" in node && node.selectionSet ? namesIn(node.selectionSet) : [];
      for (const directive of node.directives ?? [])
        found.push([node.kind, ...keys, print(directive), ...inside].join(" "));
    },
    leave: (node) => {
      if (node.kind === Kind.FIELD) keys.pop();
    },
  });
  return found.toSorted();
}

function namesIn(set: SelectionSetNode): string[] {
  const names: string[] = [];
  visit(set, { Field: ({ name }) => void (name.value === "__typename" || names.push(name.value)) });
  return names;
}

describe("case G20: clients' executable directives reach subgraphs as in Apollo's plan", () => {
  it.each([
    ["on an inline fragment without a type", "{ ... @cached(for: 1.5) { count } }"],
    [
      "on an inline fragment of the enclosing type",
      "{ ... on Query @cached { count } shop { ... on Shop @cached { name } } }",
    ],
    [
      "on an inline fragment of another type",
      "{ things { ... on Book @cached(for: 2.5) { pages } ... on Film @cached { minutes } } }",
    ],
    [
      "on an inline fragment of an interface that the enclosing type implements",
      "{ things { ... on Book { ... on Thing @cached { size } } } }",
    ],
    ["on a fragment spread", "{ shop { ...F @cached(for: 3.5) } } fragment F on Shop { name }"],
    [
      "on nested fragment spreads",
      "{ ...Q @cached } fragment Q on Query { shop { ...F @cached } } fragment F on Shop { owner { name } }",
    ],
    ["on fields and on the operation", "query @cached(for: 1.5) { count @cached shop @cached(for: 2.5) { name } }"],
    ["several directives in one place", "{ ... @cached(for: 1.5) @cached(for: 2.5) { count } }"],
  ])("%s", (_where, query) => {
    const sent = directivesIn(operationOf(query));
    expect(sent.length).toBeGreaterThan(0);
    expect(sent).toEqual(directivesIn(apollo(query)));
  });

  it("with the variables in their arguments", () => {
    const query = "query($for: Decimal) { ... @cached(for: $for) { count } }";
    const fetch = both.plan({ query, variables: {} }).node as FetchNode;
    expect(fetch.operation).toContain("...@cached(for:$for){count}");
    expect(fetch.variableUsages).toEqual(["for"]);
  });

  it("with @include and @skip resolved", () => {
    const query =
      "query($no: Boolean!) { ... @cached @skip(if: $no) { count } shop { ... @include(if: true) @cached { name } } }";
    expect(operationOf(query, { no: true })).toBe("{shop{...@cached{name}}}");
    expect(operationOf(query, { no: false })).toBe("{...@cached{count}shop{...@cached{name}}}");
  });

  it("without those that only a spread may have, because every spread is planned as an inline fragment", () => {
    const query = '{ shop { ...F @named(as: "x") @cached } } fragment F on Shop { name }';
    expect(operationOf(query)).toBe("{shop{...@cached{name}}}");
  });

  it.each([
    ["{ a @access }", "{a@access(scope:PUBLIC)}"],
    ['{ a @access(note: "n") }', '{a@access(note:"n" scope:PUBLIC)}'],
    ["query @access(scope: PRIVATE) { ... @access { a } }", "query@access(scope:PRIVATE){...@access(scope:PUBLIC){a}}"],
  ])("that a link defines, with the defaults that not every subgraph has: %s", (query, sent) => {
    expect(validate(linked.schema, parse(query))).toEqual([]);
    expect((linked.plan({ query, variables: {} }).node as FetchNode).operation).toBe(sent);
  });
});

describe("clients' executable directives, where a subgraph defines objects by @interfaceObject,", () => {
  const cached = "directive @cached(for: Int) repeatable on FIELD | INLINE_FRAGMENT | FRAGMENT_SPREAD";
  const media = bothExecutors(
    supergraphOf({
      catalogue: `${head} ${cached} type Query { media: [Media!] }
        interface Media @key(fields: "id") { id: ID!  name: String }
        type Book implements Media @key(fields: "id") { id: ID!  name: String  pages: Int }
        type Film implements Media @key(fields: "id") { id: ID!  name: String  minutes: Int }`,
      reviews: `${head} ${cached} type Query { reviewed: [Media!] }
        type Media @interfaceObject @key(fields: "id") { id: ID!  stars: Int  critic: String }`,
    }),
  );
  const directivesSent = (query: string): Set<string> => {
    const sent = new Set<string>();
    JSON.stringify(media.plan({ query, variables: {} }), (key, value: unknown) => {
      if (key === "operation")
        visit(parse(String(value)), { Directive: (directive) => void sent.add(print(directive)) });
      return value;
    });
    return sent;
  };

  it.each([
    ["{ media { ... on Media @cached(for: 1) { stars } } }", 1],
    ["{ media { ... on Book @cached(for: 1) { pages stars critic } ... on Film @cached(for: 2) { stars } } }", 2],
    ["{ reviewed { ...F @cached(for: 1) } } fragment F on Film { ... @cached(for: 2) { minutes } critic }", 2],
    ["{ reviewed { ... on Media @cached(for: 1) { stars ... on Film { ... @cached(for: 2) { critic } } } } }", 2],
  ])("reach a subgraph: %s", (query, count) => {
    expect([...directivesSent(query)].toSorted()).toEqual(["@cached(for: 1)", "@cached(for: 2)"].slice(0, count));
  });
});
