import { buildSchema, GraphQLError, type GraphQLSchema, isObjectType, parse } from "graphql";
import { expect, it } from "vitest";
import { executionOf } from "./compiled-execution.ts";

function schema(): GraphQLSchema {
  const built = buildSchema(`
    type Query { thing(size: Int): Thing  sized(of: Sizes!): Thing  things: [Thing!]  any: Any }
    interface Any { name: String }
    type Thing implements Any { name: String!  later: String  size: Int  kind: Kind  broken: String!  inner: Thing }
    enum Kind { BIG SMALL }
    input Sizes { size: Int! = 7  kind: Kind! = BIG }
  `);
  const thing = { __typename: "Thing", name: "one", size: 1.5, kind: "BIG", inner: { name: null } };
  const resolvers: Record<string, Record<string, (source: unknown, args: Record<string, unknown>) => unknown>> = {
    Query: {
      thing: (_source, { size }) => ({ ...thing, size }),
      sized: (_source, { of }) => ({ ...thing, ...(of as object) }),
      things: () => [thing, Promise.resolve({ ...thing, name: "two", size: 2, kind: "NONE" })],
      any: () => thing,
    },
    Thing: {
      later: async () => "later",
      broken: () => {
        throw new GraphQLError("broken", { extensions: { code: "NOT_FOUND" } });
      },
    },
  };
  for (const [type, fields] of Object.entries(resolvers)) {
    const found = built.getType(type);
    for (const [field, resolve] of Object.entries(fields)) {
      const definition = isObjectType(found) ? found.getFields()[field] : undefined;
      if (definition) definition.resolve = resolve as never;
    }
  }
  return built;
}

it.each([
  ["{ thing(size: 3) { name later size kind } }", {}],
  ["{ alias: thing { constructor: name __proto__: later } things { name later } }", {}],
  [
    "query ($size: Int, $yes: Boolean!) { thing(size: $size) { size name @skip(if: $yes) later @include(if: $yes) } }",
    { size: 2, yes: true },
  ],
  ["query ($size: Int) { thing(size: $size) { size } }", { size: "not a number" }],
  ["query ($yes: Boolean!) { thing { name @skip(if: $yes) } }", {}],
  ["query ($of: Sizes!) { sized(of: $of) { size kind } }", { of: {} }],
  ["query ($of: Sizes!) { sized(of: $of) { size kind } }", { of: { size: null } }],
  ["query ($size: Int!) { sized(of: { size: $size }) { size kind } }", { size: 3 }],
  ["{ things { name size kind } }", {}],
  ["{ thing { name broken } things { name } }", {}],
  ["{ thing { inner { name } later } }", {}],
  ["{ any { __typename name ... on Thing { later inner { later } } } }", {}],
])("a repeated request has the same result as the first: %s", async (text, variables) => {
  const execute = executionOf(schema(), parse(text, { noLocation: true }), text);
  const [first, second, third] = [
    await execute({}, variables),
    await execute({}, variables),
    await execute({}, variables),
  ];
  const comparable = ({ data, errors }: typeof first) => ({
    data: JSON.stringify(data),
    errors: errors?.map(({ message, path, extensions }) => JSON.stringify([message, path, extensions])).sort(),
  });
  expect(comparable(second)).toEqual(comparable(first));
  expect(comparable(third)).toEqual(comparable(first));
});
