import { buildSchema, graphql } from "graphql";
import { expect, it } from "vitest";
import { withValidIds } from "./input-ids.ts";

const schema = buildSchema(`
  type Query { echo(input: Echo!): String }
  input Echo { id: ID!, others: [ID!], inner: Inner, name: String }
  input Inner { id: ID }
`);
const [field] = Object.values(schema.getQueryType()?.getFields() ?? {});
if (field) field.resolve = withValidIds(field.args, (_root, args) => JSON.stringify(args["input"]));

const id = "0197A000-0001-7000-8000-000000000001";
const echo = (input: object) =>
  graphql({ schema, source: "query ($input: Echo!) { echo(input: $input) }", variableValues: { input } });

it("a resolver receives each id as the database writes it, at any depth, and every other value unchanged", async () => {
  const { data } = await echo({ id, others: [id], inner: { id }, name: id });
  const lower = id.toLowerCase();
  expect(JSON.parse(data?.["echo"] as string)).toEqual({
    id: lower,
    others: [lower],
    inner: { id: lower },
    name: id,
  });
});

it("an id that is null or left out stays so", async () => {
  const { data } = await echo({ id, inner: { id: null } });
  expect(JSON.parse(data?.["echo"] as string)).toEqual({ id: id.toLowerCase(), inner: { id: null } });
});

it.each([
  ["input.id", { id: "one" }],
  ["input.others", { id, others: [id, "two"] }],
  ["input.inner.id", { id, inner: { id: "three" } }],
])("an id that is no UUID is refused, and the error names %s", async (argument, input) => {
  const { data, errors } = await echo(input);
  expect(data).toEqual({ echo: null });
  expect(errors?.[0]?.originalError).toMatchObject({ code: "BAD_USER_INPUT", details: { argument } });
});
