import { GraphQLError, GraphQLScalarType, Kind } from "graphql";

const currencies: ReadonlySet<string> = new Set(Intl.supportedValuesOf("currency"));

function parse(value: unknown): string {
  if (typeof value === "string" && currencies.has(value)) return value;
  throw new GraphQLError('CurrencyCode must be an ISO 4217 code such as "USD".', {
    extensions: { code: "BAD_USER_INPUT" },
  });
}

/** Stored codes are returned unchanged: a currency that no longer exists still belongs to the amounts of its time. */
export const currencyCode = new GraphQLScalarType<string, string>({
  name: "CurrencyCode",
  description: "The ISO 4217 code of a currency.",
  serialize: (value) => String(value),
  parseValue: parse,
  parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : undefined),
});
