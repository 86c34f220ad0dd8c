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
import { decimal } from "./decimal-scalar.ts";

/** The one scalar set of all subgraphs: what is declared in a schema is found here, or the subgraph does not start. */
export const scalars: Readonly<Record<string, GraphQLScalarType>> = {
  DateTime: GraphQLDateTimeISO,
  Decimal: decimal,
  Duration: GraphQLISO8601Duration,
  IPAddress: GraphQLIP,
  JSON: GraphQLJSON,
  Long: GraphQLLong,
  MAC: GraphQLMAC,
  UUID: GraphQLUUID,
};
