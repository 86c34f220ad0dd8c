import { describe, expect, it } from "vitest";
import { anonymous } from "#lib/trust/request-context.ts";
import { forbidden, holding, library } from "./library.ts";

describe("a field that the identity lacks a permission for", () => {
  it("is null with an error and never fetched, and the rest of the response holds", async () => {
    const { ask } = library();
    const { data, errors, calls } = await ask(holding(), "{ open { id pages cost: price } }");
    expect(data.open).toEqual({ id: expect.any(String), pages: expect.any(Number), cost: null });
    expect(errors).toEqual([forbidden("open.cost", "price:read")]);
    expect(calls).toHaveLength(1);
    const allowed = await ask(holding("price:*"), "{ open { id pages cost: price } }");
    expect(allowed.errors).toEqual([]);
    expect(allowed.calls).toHaveLength(2);
  });

  it("does not reveal the missing permission to an anonymous client", async () => {
    const { ask } = library();
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
    const { ask } = library();
    const { data, errors } = await ask(holding(), "{ books { id price } }");
    expect(data.books.length).toBeGreaterThan(1);
    expect(errors).toEqual(
      data.books.map((_: unknown, index: number) => forbidden(`books.${index}.price`, "price:read")),
    );
  });

  it("makes its parent object null if the field is non-null", async () => {
    const { ask } = library();
    const { data, errors } = await ask(holding(), "{ open { id paid } two: open { id } }");
    expect(data).toEqual({ open: null, two: { id: expect.any(String) } });
    expect(errors).toEqual([forbidden("open.paid", "price:read")]);
    const root = await ask(holding(), "{ book { id } }");
    expect(root).toEqual({ data: null, errors: [forbidden("book", "book:read")], calls: [] });
  });

  it("is null in its object, which is fetched even if nothing else of it is selected", async () => {
    const { ask } = library();
    const { data, errors } = await ask(holding(), "{ open { price } }");
    expect(data).toEqual({ open: { price: null } });
    expect(errors).toEqual([forbidden("open.price", "price:read")]);
  });

  it("is no error where @include leaves it out", async () => {
    const { ask } = library();
    const query = "query ($with: Boolean!) { open { id price @include(if: $with) } }";
    expect((await ask(holding(), query, { with: false })).errors).toEqual([]);
    expect((await ask(holding(), query, { with: true })).errors).toEqual([forbidden("open.price", "price:read")]);
  });

  it("is refused in fragments, wherever they are spread", async () => {
    const { ask } = library();
    const query =
      "{ open { ...F } two: open { ... on Book { ...F } } } fragment F on Book { id ...G } fragment G on Book { price }";
    const { data, errors } = await ask(holding(), query);
    expect(data.two).toEqual({ id: data.open.id, price: null });
    expect(errors).toEqual([forbidden("open.price", "price:read"), forbidden("two.price", "price:read")]);
  });

  it("makes its response key null also where another selection of the same key is allowed", async () => {
    const { ask } = library();
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
    const { ask } = library();
    const query = "{ either { id } }";
    for (const permissions of [["book:read", "shelf:read"], ["book:all"], ["book:*"], ["*"]])
      expect((await ask(holding(...permissions), query)).errors, permissions.join()).toEqual([]);
    expect((await ask(holding("book:read"), query)).errors).toEqual([forbidden("either", "shelf:read")]);
    expect((await ask(holding("shelf:*"), query)).errors).toEqual([forbidden("either", "book:read")]);
    expect((await ask(holding(), query)).errors).toEqual([forbidden("either", "book:all")]);
  });

  it("may be a policy", async () => {
    const { ask } = library();
    expect((await ask(holding(), "{ judged { id } }")).errors).toEqual([]);
    expect((await ask({ ...holding(), id: "child" }, "{ judged { id } }")).errors).toEqual([
      { path: "judged", code: "FORBIDDEN", policy: "over_18" },
    ]);
  });

  it("of a type applies to every field that returns the type, be it an object or an enum", async () => {
    const { ask } = library();
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
    const { ask } = library();
    const { calls } = await ask(holding(), "{ anything(of: 1) { ... on Book { id } ... on Loan { until } } }");
    expect(calls.join()).not.toContain("until");
    const { data, errors } = await ask(holding(), "{ anything(of: 1) { __typename } }");
    expect(data.anything).toBeNull();
    expect(errors[0]).toMatchObject({ code: "FORBIDDEN", permission: "loan:read" });
  });

  it("of a field of one type applies to the same field of its interface", async () => {
    const { ask } = library();
    const { data, errors, calls } = await ask(holding(), "{ items(of: 1) { id title } }");
    expect(data.items.every(({ title }: { title: unknown }) => title === null)).toBe(true);
    expect(errors).toHaveLength(data.items.length);
    expect(calls.join()).not.toContain("title");
    expect((await ask(holding("title:read"), "{ items(of: 1) { id title } }")).errors).toEqual([]);
  });

  it("does not apply to introspection", async () => {
    const { ask } = library();
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
    const { ask } = library();
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
  const { ask } = library();
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
