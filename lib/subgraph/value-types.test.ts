import { buildSubgraphSchema } from "@apollo/subgraph";
import { parse, validateSchema } from "graphql";
import { describe, expect, it } from "vitest";
import { withValueTypes } from "./value-types.ts";

const link = 'schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"]) { query: Query }';
const completed = (sdl: string) => withValueTypes(parse(`${link} ${sdl}`));
const namesIn = (sdl: string) =>
  completed(sdl).definitions.flatMap((node) => ("name" in node && node.name ? [node.name.value] : []));

describe("a subgraph's schema", () => {
  it("has the value types that its fields and arguments use, those that these use, and no other", () => {
    const sdl = "type Query { price(during: TimeRange): [Money!]! }";
    expect(namesIn(sdl).toSorted()).toEqual(["CurrencyCode", "DateTime", "Decimal", "Money", "Query", "TimeRange"]);
    expect(namesIn("type Query { name: String }")).toEqual(["Query"]);
  });

  it("is valid with its value types, which other subgraphs define too", () => {
    const schema = buildSubgraphSchema({ typeDefs: completed("type Query { tags(like: TagFilter): [Tag!] }") });
    expect(validateSchema(schema)).toEqual([]);
  });

  it("cannot define a value type itself", () => {
    expect(() => completed("type Query { at: DateTime } scalar DateTime")).toThrow("DateTime is a value type");
  });
});
