import { buildSchema, getVariableValues, GraphQLError, Kind, parse, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { scalars } from "./scalars.ts";
import { messageWithoutValue } from "./messages-without-values.ts";

const schema = buildSchema(`
  ${Object.keys(scalars)
    .map((name) => `scalar ${name}`)
    .join(" ")}
  enum Color { RED }
  input Inner { text: String! }
  input Values { id: ID int: Int float: Float boolean: Boolean text: String color: Color inner: Inner list: [Int]
    ${Object.keys(scalars)
      .map((name) => `of${name}: ${name}`)
      .join(" ")} }
  type Query { field(values: Values, text: String): Int }`);
for (const [name, scalar] of Object.entries(scalars))
  Object.assign(schema.getType(name) ?? {}, { ...scalar.toConfig() });

const secret = 'a secret; Expected "x" enum.';
const quoted = JSON.stringify(secret);
const variableErrors = (values: unknown): readonly GraphQLError[] => {
  const [operation] = parse("query ($values: Values) { field(values: $values) }").definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error("The document is not an operation.");
  return getVariableValues(schema, operation.variableDefinitions ?? [], { values }).errors ?? [];
};
const literalErrors = (values: string) => validate(schema, parse(`{ field(values: ${values}) }`));
const messages = (errors: readonly GraphQLError[]) => errors.map((error) => messageWithoutValue(error));

describe("the message about an invalid value does not contain the value", () => {
  const wrong: Record<string, unknown> = {
    id: { text: secret },
    int: secret,
    float: secret,
    boolean: secret,
    text: [secret],
    color: secret,
    inner: secret,
    list: [secret],
    ...Object.fromEntries(
      Object.keys(scalars)
        .filter((name) => name !== "JSON")
        .map((name) => [`of${name}`, secret]),
    ),
  };

  it.each(Object.keys(wrong))("for a variable's %s, and contains its path", (field) => {
    const errors = variableErrors({ [field]: wrong[field] });
    expect(errors[0]?.message).toContain("a secret");
    const [message] = messages(errors);
    expect(message).not.toContain("secret");
    expect(message).toContain(`Variable "$values" got an invalid value at "values.${field}`);
  });

  it.each(Object.keys(wrong))("for a literal's %s", (field) => {
    const value = wrong[field];
    const written = typeof value === "string" ? quoted : Array.isArray(value) ? `[${quoted}]` : `{ text: ${quoted} }`;
    const errors = literalErrors(`{ ${field}: ${written} }`);
    expect(errors).not.toEqual([]);
    for (const message of messages(errors)) expect(message).not.toContain("secret");
  });

  it.each([
    [{ text: [1] }, 'got an invalid value at "values.text"; String cannot represent a non string value.'],
    [{ int: 1.5 }, 'got an invalid value at "values.int"; Int cannot represent non-integer value.'],
    [{ list: [1, "x"] }, 'got an invalid value at "values.list[1]"; Int cannot represent non-integer value.'],
    [{ color: "x" }, 'got an invalid value at "values.color"; The value does not exist in "Color" enum.'],
    [
      { inner: {} },
      'got an invalid value at "values.inner"; Field "text" of required type "String!" was not provided.',
    ],
    [{ other: 1 }, 'got an invalid value; Field "other" is not defined by type "Values".'],
    ["x", 'got an invalid value; Expected type "Values" to be an object.'],
  ])("and states what was expected: %j", (values, message) => {
    expect(messages(variableErrors(values))).toContain(`Variable "$values" ${message}`);
  });

  it.each([
    [`{ field(text: "a" ${quoted}) }`, "Syntax Error: Expected Name, found String."],
    ["{ field } secret", "Syntax Error: Unexpected Name."],
    ['{ field """secret""" }', "Syntax Error: Expected Name, found BlockString."],
  ])("nor does the message about an invalid document: %s", (document, message) => {
    let error: unknown;
    try {
      parse(document);
    } catch (thrown) {
      error = thrown;
    }
    expect(messageWithoutValue(error as GraphQLError)).toBe(message);
  });
});

it("an unknown message about an invalid value is not repeated", () => {
  const [node] = parse(`{ field(text: ${quoted}) }`).definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet.selections : [],
  );
  const value = node?.kind === Kind.FIELD ? node.arguments?.[0]?.value : undefined;
  expect(messageWithoutValue(new GraphQLError(`New words of ${secret}`, { nodes: value }))).toBe("it is not valid.");
});

it("messages contain the names of fields, arguments and variables", () => {
  const found = messages(validate(schema, parse("query ($x: Strin) { fielt(a: 1) field(b: $y) }")));
  for (const name of ["Strin", "fielt", "b", "$y"]) expect(found.join(" ")).toContain(`"${name}"`);
});
