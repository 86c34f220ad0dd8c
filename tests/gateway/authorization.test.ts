import { composeServices } from "@apollo/composition";
import { parse } from "graphql";
import { expect, describe, it } from "vitest";
import { createGateway } from "#gateway/create-gateway.ts";
import type { GatewayContext } from "#gateway/gateway.ts";
import type { Policies } from "#gateway/authorization/access-rule.ts";
import { anonymous, type Identity } from "#lib/trust/request-context.ts";
import { answerOf } from "#tests/harness/answers.ts";
import { mockSubgraph } from "./mock-subgraph.ts";

// The subgraphs enforce nothing, so every refusal here is the gateway's.

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@authenticated", "@requiresScopes", "@policy"])`;

const schemas = {
  library: `${link}
    type Query {
      open: Book
      book: Book! @requiresScopes(scopes: [["book:read"]])
      books: [Book!] @authenticated
      either: Book @requiresScopes(scopes: [["book:read", "shelf:read"], ["book:all"]])
      judged: Book @policy(policies: [["over_18"]])
      lent: Loan
      loans: [Loan!]
      items(of: Int): [Item!]
      anything(of: Int): [Thing!]
      rare: Rarity
    }
    type Mutation {
      first: Book @requiresScopes(scopes: [["book:write"]])
      second: Book
      third: Book @requiresScopes(scopes: [["book:write"]])
      fourth: Book
    }
    interface Item { id: ID! title: String }
    union Thing = Book | Loan
    type Book implements Item @key(fields: "id") { id: ID! title: String @requiresScopes(scopes: [["title:read"]]) pages: Int! }
    type Map implements Item { id: ID! title: String }
    type Loan @requiresScopes(scopes: [["loan:read"]]) { id: ID! until: String! }
    enum Rarity @requiresScopes(scopes: [["rarity:read"]]) { COMMON UNIQUE }`,
  prices: `${link}
    type Book @key(fields: "id") { id: ID! price: Float @requiresScopes(scopes: [["price:read"]]) paid: Float! @requiresScopes(scopes: [["price:read"]]) }`,
};

function composed(parts: Readonly<Record<string, string>>): string {
  const services = Object.entries(parts).map(([name, sdl]) => ({ name, typeDefs: parse(sdl), url: `http://${name}` }));
  const { supergraphSdl, errors } = composeServices(services);
  if (!supergraphSdl) throw new Error(errors?.map(({ message }) => message).join("\n"));
  return supergraphSdl;
}

const sdl = composed(schemas);
const policies: Policies = { over_18: ({ id }) => id === "grown-up" };

const holding = (...permissions: string[]): Identity => ({
  kind: "user",
  id: "grown-up",
  tenantId: "a tenant",
  permissions,
});

async function library() {
  const mocks = new Map(Object.entries(schemas).map(([name, schema]) => [name, mockSubgraph(schema)]));
  const calls: string[] = [];
  const gateway = createGateway({
    supergraphSdl: sdl,
    policies,
    introspection: true,
    planning: "this thread",
    transport: {
      send: async (name, { query, variables }) => {
        calls.push(query);
        const answer = mocks.get(name)?.(query, variables ?? {});
        if (!answer) throw new Error(`There is no ${name}.`);
        return answer;
      },
      close: async () => undefined,
    },
  });
  const ask = async (identity: Identity, query: string, variables: Record<string, unknown> = {}) => {
    calls.length = 0;
    const context: GatewayContext = {
      identity,
      requestId: "request",
      deadline: Date.now() + 10_000,
      signal: new AbortController().signal,
    };
    const { data = null, errors } = answerOf(await gateway.execute({ query, variables }, context));
    return {
      data,
      errors: errors.map(({ path, extensions }) => ({ path: path?.join("."), ...extensions })),
      calls: [...calls],
    };
  };
  return { ask };
}

const forbidden = (path: string, permission: string) => ({ path, code: "FORBIDDEN", permission });

describe("a field that the identity lacks a permission for", () => {
  it("is null with an error and never fetched, and the rest of the response holds", async () => {
    const { ask } = await library();
    const { data, errors, calls } = await ask(holding(), "{ open { id pages cost: price } }");
    expect(data.open).toEqual({ id: expect.any(String), pages: expect.any(Number), cost: null });
    expect(errors).toEqual([forbidden("open.cost", "price:read")]);
    expect(calls).toHaveLength(1);
    const allowed = await ask(holding("price:*"), "{ open { id pages cost: price } }");
    expect(allowed.errors).toEqual([]);
    expect(allowed.calls).toHaveLength(2);
  });

  it("does not reveal the missing permission to an anonymous client", async () => {
    const { ask } = await library();
    const { data, errors, calls } = await ask(anonymous, "{ either { id } books { id } judged { id } }");
    expect(data).toEqual({ either: null, books: null, judged: null });
    expect(errors).toEqual([
      { path: "either", code: "UNAUTHENTICATED" },
      { path: "books", code: "UNAUTHENTICATED" },
      { path: "judged", code: "FORBIDDEN", policy: "over_18" },
    ]);
    expect(calls).toEqual([]);
  });

  it("is reported at each position of a list", async () => {
    const { ask } = await library();
    const { data, errors } = await ask(holding(), "{ books { id price } }");
    expect(data.books.length).toBeGreaterThan(1);
    expect(errors).toEqual(
      data.books.map((_: unknown, index: number) => forbidden(`books.${index}.price`, "price:read")),
    );
  });

  it("makes its parent object null if the field is non-null", async () => {
    const { ask } = await library();
    const { data, errors } = await ask(holding(), "{ open { id paid } two: open { id } }");
    expect(data).toEqual({ open: null, two: { id: expect.any(String) } });
    expect(errors).toEqual([forbidden("open.paid", "price:read")]);
    const root = await ask(holding(), "{ book { id } }");
    expect(root).toEqual({ data: null, errors: [forbidden("book", "book:read")], calls: [] });
  });

  it("is null in its object, which is fetched even if nothing else of it is selected", async () => {
    const { ask } = await library();
    const { data, errors } = await ask(holding(), "{ open { price } }");
    expect(data).toEqual({ open: { price: null } });
    expect(errors).toEqual([forbidden("open.price", "price:read")]);
  });

  it("is no error where @include leaves it out", async () => {
    const { ask } = await library();
    const query = "query ($with: Boolean!) { open { id price @include(if: $with) } }";
    expect((await ask(holding(), query, { with: false })).errors).toEqual([]);
    expect((await ask(holding(), query, { with: true })).errors).toEqual([forbidden("open.price", "price:read")]);
  });

  it("is refused in fragments, wherever they are spread", async () => {
    const { ask } = await library();
    const query =
      "{ open { ...F } two: open { ... on Book { ...F } } } fragment F on Book { id ...G } fragment G on Book { price }";
    const { data, errors } = await ask(holding(), query);
    expect(data.two).toEqual({ id: data.open.id, price: null });
    expect(errors).toEqual([forbidden("open.price", "price:read"), forbidden("two.price", "price:read")]);
  });

  it("makes its response key null also where another selection of the same key is allowed", async () => {
    const { ask } = await library();
    const { data, errors } = await ask(
      holding(),
      "{ items(of: 1) { __typename ... on Item { title } ... on Map { title } } }",
    );
    const titles = data.items.map(({ title }: { title: unknown }) => title);
    expect(titles.length).toBeGreaterThan(0);
    expect(new Set(titles)).toEqual(new Set([null]));
    expect(errors).toHaveLength(titles.length);
  });
});

describe("an access rule", () => {
  it("is met by one alternative with all its parts, and by wildcards of permissions", async () => {
    const { ask } = await library();
    const query = "{ either { id } }";
    for (const permissions of [["book:read", "shelf:read"], ["book:all"], ["book:*"], ["*"]])
      expect((await ask(holding(...permissions), query)).errors, permissions.join()).toEqual([]);
    expect((await ask(holding("book:read"), query)).errors).toEqual([forbidden("either", "shelf:read")]);
    expect((await ask(holding("shelf:*"), query)).errors).toEqual([forbidden("either", "book:read")]);
    expect((await ask(holding(), query)).errors).toEqual([forbidden("either", "book:all")]);
  });

  it("may be a policy", async () => {
    const { ask } = await library();
    expect((await ask(holding(), "{ judged { id } }")).errors).toEqual([]);
    expect((await ask({ ...holding(), id: "child" }, "{ judged { id } }")).errors).toEqual([
      { path: "judged", code: "FORBIDDEN", policy: "over_18" },
    ]);
  });

  it("of a type applies to every field that returns the type, be it an object or an enum", async () => {
    const { ask } = await library();
    const { data, errors, calls } = await ask(holding(), "{ lent { id } loans { __typename } rare }");
    expect(data).toEqual({ lent: null, loans: null, rare: null });
    expect(errors).toEqual([
      forbidden("lent", "loan:read"),
      forbidden("loans", "loan:read"),
      forbidden("rare", "rarity:read"),
    ]);
    expect(calls).toEqual([]);
  });

  it("of a member of a union applies in fragments on it, and its type name is not revealed", async () => {
    const { ask } = await library();
    const { calls } = await ask(holding(), "{ anything(of: 1) { ... on Book { id } ... on Loan { until } } }");
    expect(calls.join()).not.toContain("until");
    const { data, errors } = await ask(holding(), "{ anything(of: 1) { __typename } }");
    expect(data.anything).toBeNull();
    expect(errors[0]).toMatchObject({ code: "FORBIDDEN", permission: "loan:read" });
  });

  it("of a field of one type applies to the same field of its interface", async () => {
    const { ask } = await library();
    const { data, errors, calls } = await ask(holding(), "{ items(of: 1) { id title } }");
    expect(data.items.every(({ title }: { title: unknown }) => title === null)).toBe(true);
    expect(errors).toHaveLength(data.items.length);
    expect(calls.join()).not.toContain("title");
    expect((await ask(holding("title:read"), "{ items(of: 1) { id title } }")).errors).toEqual([]);
  });

  it("does not apply to introspection", async () => {
    const { ask } = await library();
    const { data, errors } = await ask(anonymous, '{ __typename __type(name: "Loan") { name } book { id } }');
    expect(data).toBeNull();
    expect(errors).toEqual([{ path: "book", code: "UNAUTHENTICATED" }]);
    expect(await ask(anonymous, '{ __typename __type(name: "Loan") { fields { name } } }')).toMatchObject({
      data: { __typename: "Query", __type: { fields: [{ name: "id" }, { name: "until" }] } },
      errors: [],
    });
  });
});

describe("a mutation", () => {
  it("that is refused is never executed, and the others are, in their order", async () => {
    const { ask } = await library();
    const query = "mutation { third { id } fourth { id } first { id } second { id } }";
    const { data, errors, calls } = await ask(holding("book:read"), query);
    expect(data).toEqual({
      third: null,
      fourth: { id: expect.any(String) },
      first: null,
      second: { id: expect.any(String) },
    });
    expect(errors).toEqual([forbidden("third", "book:write"), forbidden("first", "book:write")]);
    expect(calls.map((call) => /(fourth|second)/.exec(call)?.[0])).toContain("fourth");
    expect(calls.join()).not.toMatch(/third|first/);
    expect(calls.join().indexOf("fourth")).toBeLessThan(calls.join().indexOf("second"));
  });
});

it("the response to one identity never reaches another, in whatever order they send the same query", async () => {
  const { ask } = await library();
  const callers = [holding(), holding("price:read"), anonymous, holding("*"), holding("book:read")];
  const query = "{ open { price } book { id } }";
  const one = await Promise.all(callers.map((identity) => ask(identity, query)));
  const other = await Promise.all(callers.toReversed().map((identity) => ask(identity, query)));
  expect(other.toReversed().map(({ data, errors }) => ({ data, errors }))).toEqual(
    one.map(({ data, errors }) => ({ data, errors })),
  );
  expect(one.map(({ errors }) => errors.map(({ path }) => path))).toEqual([
    ["open.price", "book"],
    ["book"],
    ["open.price", "book"],
    [],
    ["open.price"],
  ]);
});

describe("a supergraph is refused at load", () => {
  const load = async (supergraphSdl: string, registered: Policies = policies) =>
    createGateway({
      supergraphSdl,
      policies: registered,
      introspection: false,
      planning: "this thread",
      transport: { send: async () => ({ data: null }), close: async () => undefined },
    });

  it("when it requires a policy that is not registered", async () => {
    await expect(load(sdl, {})).rejects.toThrow("over_18");
    await expect(load(sdl, Object.create({ over_18: () => true }) as Policies)).rejects.toThrow("over_18");
  });

  it("when it has an unknown version of an authorization directive, whatever the purpose of its link", async () => {
    const newer = sdl.replace("requiresScopes/v0.1", "requiresScopes/v0.2");
    await expect(load(newer)).rejects.toThrow("requiresScopes/v0.2");
    await expect(load(newer.replaceAll(", for: SECURITY", ""))).rejects.toThrow("requiresScopes/v0.2");
  });

  it("when it has another feature whose purpose is security", async () => {
    const other = sdl.replace("@link(url:", '@link(url: "https://example.com/sealed/v1.0", for: SECURITY) @link(url:');
    await expect(load(other)).rejects.toThrow("sealed");
  });

  it("when it has an authorization directive without a link", async () => {
    const unlinked = sdl.replace(/@link\(url: "[^"]*authenticated[^)]*\)/, "");
    expect(unlinked).not.toBe(sdl);
    await expect(load(unlinked)).rejects.toThrow("@authenticated without a link");
  });
});

it("directives are enforced under the names that a link assigns to them", async () => {
  const renamed = sdl
    .replace('authenticated/v0.1", for', 'authenticated/v0.1", as: "known", for')
    .replaceAll("@authenticated", "@known");
  expect(renamed).not.toContain("@authenticated");
  const gateway = createGateway({
    supergraphSdl: renamed,
    policies,
    introspection: false,
    planning: "this thread",
    transport: {
      send: async () => {
        throw new Error("The subgraph was called.");
      },
      close: async () => undefined,
    },
  });
  const { body } = await gateway.execute(
    { query: "{ books { id } }" },
    { identity: anonymous, requestId: "", deadline: 0, signal: new AbortController().signal },
  );
  expect(body).toContain("UNAUTHENTICATED");
});
