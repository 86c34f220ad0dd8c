import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  parse,
  validate,
} from "graphql";
import { checkDocument, countTokens } from "../limits/document-limits.ts";
import type { Limits } from "../limits/limits.ts";
import { PublicError } from "#lib/errors.ts";
import { FiniteFloatsRule } from "./finite-floats.ts";
import { OneOfVariablesRule } from "./one-of-variables.ts";
import type { GoodDocument } from "./operations.ts";
import { described, RequestErrors } from "./request-errors.ts";
import { validationRules } from "./subscription-root-rule.ts";

export interface ReadDocumentOptions {
  limits: Limits;
  /** Without introspection no client may learn the schema by querying it, or from suggestions for misspelled names. */
  introspection: boolean;
}

/**
 * Returns the reader of documents. The cheapest checks come first: tokens are counted before anything is built, and sizes are checked before validation
 * compares fields with each other.
 */
export const documentReader = (schema: GraphQLSchema, { limits, introspection }: ReadDocumentOptions) => {
  const always = [...validationRules, OneOfVariablesRule, FiniteFloatsRule];
  const rules = introspection ? always : [...always, NoSchemaIntrospectionCustomRule];
  const errorsIn = (document: DocumentNode): readonly GraphQLError[] => {
    try {
      return validate(schema, document, rules, { maxErrors: limits.validationErrors });
    } catch (error) {
      // Some rules throw instead of reporting.
      if (error instanceof GraphQLError) return [error];
      throw error;
    }
  };
  return (text: string): GoodDocument => {
    try {
      const tokens = countTokens(text, limits.tokens);
      const document = parse(text);
      checkDocument(document, limits);
      const errors = errorsIn(document);
      if (errors.length === 0) return { document, tokens };
      // The error beyond the limit only reports that there are too many.
      const reported = errors.slice(0, limits.validationErrors);
      throw new RequestErrors(reported.map((error) => described(error, "GRAPHQL_VALIDATION_FAILED", introspection)));
    } catch (error) {
      if (error instanceof GraphQLError)
        throw new RequestErrors([described(error, "GRAPHQL_PARSE_FAILED", introspection)]);
      // The parser recurses as deep as the document is nested.
      if (error instanceof RangeError)
        throw new PublicError("DEPTH_LIMIT_EXCEEDED", "The document is nested too deeply to be read.");
      throw error;
    }
  };
};
