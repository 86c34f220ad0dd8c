import { buildSubgraphSchema } from "@apollo/subgraph";
import { graphql, parse } from "graphql";
import { expect, it } from "vitest";
import { evaluateDefaults } from "./input-defaults.ts";

const typeDefs = parse(`
  type Query { role(input: Input = {}): String }
  input Input { role: Role = USER, count: Int = 3 }
  enum Role { ADMIN USER }
`);
const resolvers = {
  Query: { role: (_root: unknown, { input }: { input: object }) => JSON.stringify(input) },
  Role: { ADMIN: "admin", USER: "user" },
};

it("the default of an enum is the value of the domain, as if the client had sent its name", async () => {
  const schema = buildSubgraphSchema({ typeDefs, resolvers });
  evaluateDefaults(schema);
  const { data } = await graphql({
    schema,
    source: "{ byDefault: role(input: {}) given: role(input: { role: USER }) }",
  });
  expect(data).toEqual({ byDefault: '{"role":"user","count":3}', given: '{"role":"user","count":3}' });
});
