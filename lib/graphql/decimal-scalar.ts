import { GraphQLError, GraphQLScalarType, Kind } from "graphql";

const decimalPattern = /^-?\d{1,18}(\.\d{1,18})?$/;

function parse(value: unknown): string {
  if (typeof value === "string" && decimalPattern.test(value)) return value;
  throw new GraphQLError('Decimal must be a string such as "12.50".', {
    extensions: { code: "BAD_USER_INPUT" },
  });
}

/** Exact decimals are sent as strings: a float cannot hold a price of nine decimals. */
export const decimal = new GraphQLScalarType<string, string>({
  name: "Decimal",
  description: "An exact decimal number, written as a string.",
  serialize: (value) => String(value),
  parseValue: parse,
  parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : undefined),
});
