import {
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  GraphQLError,
  type GraphQLField,
  OperationTypeNode,
} from "graphql";
import type { Variables } from "../graphql/variables.ts";
import { type ErrorCode, errorCodes, PublicError } from "../errors.ts";
import type { Execute } from "../graphql/compiled-execution.ts";
import { variableError } from "../graphql/input-errors.ts";
import { rootField } from "../graphql/root-field.ts";
import type { LiveField } from "./live-field.ts";
import type { LiveSubgraph } from "./live-subgraph.ts";
import type { SubscriptionRequest } from "./subscription.ts";

/** The field and the arguments of a subscription request, and its document, compiled. */
export interface SubscribedField<Context> {
  definition: GraphQLField<unknown, unknown>;
  field: LiveField<unknown, Context, unknown, unknown>;
  args: unknown;
  execute: Execute;
  variables: Variables;
}

/**
 * Returns the field of a subscription request.
 * @throws PublicError GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, BAD_USER_INPUT
 */
export function subscribedField<Context>(
  { schema, fields, documentFor }: LiveSubgraph<Context>,
  { query, variables = {} }: SubscriptionRequest,
): SubscribedField<Context> {
  const found = parsed(documentFor, query);
  if (!("execute" in found)) throw asPublicError(found[0]);
  const operation = getOperationAST(found.document);
  const node =
    operation?.operation === OperationTypeNode.SUBSCRIPTION ? rootField(found.document, operation) : undefined;
  const definition = node && schema.getSubscriptionType()?.getFields()[node.name.value];
  const field = definition && fields[definition.name];
  if (!operation || !node || !field) throw new PublicError("BAD_REQUEST", "This is not a subscription to one field.");
  const given = getVariableValues(schema, operation.variableDefinitions ?? [], { ...variables });
  if (given.errors) throw asPublicError(given.errors[0] && variableError(given.errors[0]));
  // The cast is needed because only the name of the field determines the type of its arguments.
  const live = field as LiveField<unknown, Context, unknown, unknown>;
  return {
    definition,
    field: live,
    args: getArgumentValues(definition, node, given.coerced),
    variables,
    execute: found.execute,
  };
}

function parsed<Document>(documentFor: (query: string) => Document, query: string): Document {
  try {
    return documentFor(query);
  } catch (error) {
    throw error instanceof GraphQLError ? new PublicError("GRAPHQL_PARSE_FAILED", error.message) : error;
  }
}

function asPublicError(error: GraphQLError | undefined): PublicError {
  const { code, ...details } = error?.extensions ?? {};
  const known = typeof code === "string" && code in errorCodes;
  return new PublicError(known ? (code as ErrorCode) : "GRAPHQL_VALIDATION_FAILED", error?.message ?? "", details);
}
