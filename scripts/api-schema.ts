import { readFileSync } from "node:fs";
import { Supergraph } from "@apollo/federation-internals";
import type { GraphQLSchema } from "graphql";
import { supportedFeatures } from "../gateway/authorization/supported-features.ts";

/** Returns the schema that clients of a supergraph see. @param file the composed supergraph */
export const apiSchemaOf = (file: string): GraphQLSchema =>
  Supergraph.build(readFileSync(file, "utf8"), { supportedFeatures: new Set(supportedFeatures) })
    .apiSchema()
    .toGraphQLJSSchema();
