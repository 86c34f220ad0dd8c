import { GraphQLInt, GraphQLList, GraphQLNonNull, type GraphQLOutputType } from "graphql";
import { expect, it } from "vitest";
import type { Problem } from "./problems.ts";
import { valueWriter } from "./write-value.ts";

const required = new GraphQLNonNull(GraphQLInt);

/** Returns the JSON, and each problem with its path in the value. */
function written(type: GraphQLOutputType, value: unknown) {
  const problems: Problem[] = [];
  const write = valueWriter({
    type,
    called: "field Vm.cpus",
    object: () => {
      throw new Error("No type here is one of objects.");
    },
  });
  const json = write(value, problems);
  return [json, ...problems.map(({ message, upwards }) => [message, upwards.toReversed()])];
}

const invalid = "Invalid value found for field Vm.cpus.";
const missing = "Cannot return null for non-nullable field Vm.cpus.";
const invalidElement = "Invalid value found for array element of type Int!.";
const missingElement = "Cannot return null for non-nullable array element of type Int!.";

it.each<[GraphQLOutputType, unknown, unknown[]]>([
  [GraphQLInt, 1, ["1"]],
  [GraphQLInt, null, ["null"]],
  [GraphQLInt, undefined, ["null"]],
  [GraphQLInt, "x", ["null", [invalid, []]]],
  [required, 0, ["0"]],
  [required, null, [undefined, [missing, []]]],
  [required, undefined, [undefined, [missing, []]]],
  [required, "x", [undefined, [invalid, []]]],
  [new GraphQLList(GraphQLInt), [], ["[]"]],
  [new GraphQLList(GraphQLInt), null, ["null"]],
  [new GraphQLList(GraphQLInt), undefined, ["null"]],
  [
    new GraphQLList(GraphQLInt),
    [1, null, undefined, "x", 2],
    ["[1,null,null,null,2]", ["Invalid value found for array element of type Int.", [3]]],
  ],
  [new GraphQLList(required), [null, 1, "x"], ["null", [missingElement, [0]], [invalidElement, [2]]]],
  [new GraphQLList(required), 1, ["null", [invalidElement, []]]],
  [
    new GraphQLList(new GraphQLList(required)),
    [[1, 2], [3, null], null],
    ["[[1,2],null,null]", [missingElement, [1, 1]]],
  ],
  [new GraphQLNonNull(new GraphQLList(GraphQLInt)), null, [undefined, [missing, []]]],
])("a value of %s: %j is completed by GraphQL's rules", (type, value, expected) => {
  expect(written(type, value)).toEqual(expected);
});
