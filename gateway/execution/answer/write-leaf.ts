import { type GraphQLEnumType, type GraphQLLeafType, isEnumType } from "graphql";
import { ExactNumber, stringifyJson } from "#lib/exact-json.ts";
import { unfetched } from "../failures.ts";
import { quoted } from "./quoted.ts";

/** Returns a leaf as JSON, or undefined when it is not a value of the type. It is never called with null. */
export type WriteLeaf = (value: unknown) => string | undefined;

/** Checks built-in scalars and enums as Apollo's gateway does. Only its subgraph knows the format of a custom scalar. */
export function leafWriter(type: GraphQLLeafType): WriteLeaf {
  if (isEnumType(type)) return enumWriter(type);
  return builtIn[type.name] ?? writeAny;
}

const finite = (value: unknown): value is number => Number.isFinite(value);
/** Larger numbers are no longer written as integers. */
const integer = (value: unknown): value is number => Number.isInteger(value) && Math.abs(value as number) < 1e21;

/** Returns the digits of an integer that a double would change. */
const exactInteger = (value: unknown): string | undefined => {
  if (!(value instanceof ExactNumber)) return undefined;
  if (/^-?\d+$/.test(value.source)) return value.source;
  return integer(Number(value)) ? String(Number(value)) : undefined;
};
const exactFloat = (value: unknown): string | undefined =>
  value instanceof ExactNumber && finite(Number(value)) ? value.source : undefined;

const builtIn: Readonly<Record<string, WriteLeaf>> = {
  Int: (value) => (integer(value) ? String(value) : exactInteger(value)),
  Float: (value) => (finite(value) ? String(value) : exactFloat(value)),
  Boolean: (value) => (typeof value === "boolean" ? String(value) : undefined),
  String: (value) => (typeof value === "string" ? quoted(value) : undefined),
  ID: (value) => (typeof value === "string" ? quoted(value) : integer(value) ? String(value) : exactInteger(value)),
};

function enumWriter(type: GraphQLEnumType): WriteLeaf {
  const texts = new Map(type.getValues().map(({ name }) => [name, `"${name}"`]));
  return (value) => texts.get(value as string);
}

function writeAny(value: unknown): string | undefined {
  if (typeof value === "string") return quoted(value);
  if (finite(value)) return String(value);
  // A value that JSON cannot represent becomes null.
  return stringifyJson(value) ?? (value === unfetched ? undefined : "null");
}
