import type { GraphQLScalarType } from "graphql";
import {
  GraphQLDateTimeISO,
  GraphQLIP,
  GraphQLISO8601Duration,
  GraphQLJSON,
  GraphQLLong,
  GraphQLMAC,
  GraphQLUUID,
} from "graphql-scalars";
import { currencyCode } from "./currency-scalar.ts";
import { decimal } from "./decimal-scalar.ts";

/** The scalars of all subgraphs: every scalar that a schema declares must be here, or the subgraph does not start. */
export const scalars: Readonly<Record<string, GraphQLScalarType>> = {
  CurrencyCode: currencyCode,
  DateTime: GraphQLDateTimeISO,
  Decimal: decimal,
  Duration: GraphQLISO8601Duration,
  IPAddress: GraphQLIP,
  JSON: GraphQLJSON,
  Long: GraphQLLong,
  MAC: GraphQLMAC,
  UUID: GraphQLUUID,
};
