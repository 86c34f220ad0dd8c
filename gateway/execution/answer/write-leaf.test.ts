import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  GraphQLScalarType,
  GraphQLString,
} from "graphql";
import { describe, expect, it } from "vitest";
import { ExactNumber } from "#lib/exact-json.ts";
import { leafWriter } from "./write-leaf.ts";

const exact = (source: string) => new ExactNumber(source);
const power = new GraphQLEnumType({ name: "Power", values: { ON: { value: 1 }, OFF: { value: 0 } } });
const custom = new GraphQLScalarType({ name: "Any" });

describe("a value of its type is written", () => {
  it.each<[GraphQLLeafType, unknown, string]>([
    [GraphQLInt, -7, "-7"],
    [GraphQLInt, 2 ** 40, "1099511627776"],
    [GraphQLInt, 1e20, "100000000000000000000"],
    [GraphQLInt, exact("-9007199254740993"), "-9007199254740993"],
    [GraphQLInt, exact("2.0"), "2"],
    [GraphQLInt, exact("1.50E+3"), "1500"],
    [GraphQLFloat, -0.5, "-0.5"],
    [GraphQLFloat, exact("1.10"), "1.10"],
    [GraphQLBoolean, true, "true"],
    [GraphQLBoolean, false, "false"],
    [GraphQLString, 'a "b"', String.raw`"a \"b\""`],
    [GraphQLID, "a1", '"a1"'],
    [GraphQLID, 7, "7"],
    [GraphQLID, exact("9007199254740993"), "9007199254740993"],
    [power, "ON", '"ON"'],
    [custom, "a", '"a"'],
    [custom, 0.5, "0.5"],
    [custom, true, "true"],
    [custom, exact("1.10"), "1.10"],
    [custom, { a: [exact("1.0"), null] }, '{"a":[1.0,null]}'],
  ])("%s: %j", (type, value, json) => {
    expect(leafWriter(type)(value)).toBe(json);
  });
});

describe("a value of another type is not", () => {
  it.each<[GraphQLLeafType, unknown]>([
    [GraphQLInt, 1.5],
    [GraphQLInt, 1e21],
    [GraphQLInt, -1e21],
    [GraphQLInt, Number.NaN],
    [GraphQLInt, "7"],
    [GraphQLInt, true],
    [GraphQLInt, [7]],
    [GraphQLInt, exact("1.10")],
    [GraphQLInt, exact("1E400")],
    [GraphQLFloat, Number.POSITIVE_INFINITY],
    [GraphQLFloat, "0.5"],
    [GraphQLFloat, true],
    [GraphQLFloat, exact("1E400")],
    [GraphQLBoolean, "true"],
    [GraphQLBoolean, 1],
    [GraphQLString, 7],
    [GraphQLString, ["a"]],
    [GraphQLString, exact("1.10")],
    [GraphQLID, 1.5],
    [GraphQLID, true],
    [GraphQLID, exact("1.10")],
    [power, "on"],
    [power, 1],
  ])("%s: %j", (type, value) => {
    expect(leafWriter(type)(value)).toBeUndefined();
  });

  it("a value of a custom scalar that JSON cannot represent is null", () => {
    expect(leafWriter(custom)(Symbol("none"))).toBe("null");
    expect(leafWriter(custom)(Number.NaN)).toBe("null");
  });
});
