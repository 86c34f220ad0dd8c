import {
  type DocumentNode,
  execute,
  type ExecutionResult,
  getVariableValues,
  GraphQLError,
  type GraphQLSchema,
  Kind,
} from "graphql";
import { compileQuery, isCompiledQuery } from "graphql-jit";
import type { Variables } from "./variables.ts";

/** @param root the parent object of the root fields: for a subscription, the event */
export type Execute = (context: unknown, variables: Variables, root?: unknown) => Promise<ExecutionResult>;

/**
 * Executes a valid document that holds one operation. A document that is executed a second time will probably be executed often: then it is compiled, which
 * costs several executions.
 */
export function executionOf(schema: GraphQLSchema, document: DocumentNode, text: string): Execute {
  const interpreted: Execute = async (contextValue, variableValues, rootValue) =>
    execute({ schema, document, contextValue, rootValue, variableValues: { ...variableValues } });
  let uses = 0;
  let compiled: Execute | undefined;
  return (context, variables, root) => {
    uses += 1;
    if (uses === 1) return interpreted(context, variables, root);
    compiled ??= compile(schema, document, text, interpreted) ?? interpreted;
    return compiled(context, variables, root);
  };
}

function compile(
  schema: GraphQLSchema,
  document: DocumentNode,
  text: string,
  interpreted: Execute,
): Execute | undefined {
  // The compiler writes object literals, in which this key does not create a property.
  if (text.includes("__proto__")) return undefined;
  const query = compileQuery(schema, document, undefined, { disablingCapturingStackErrors: true });
  if (!isCompiledQuery(query)) return undefined;
  return async (context, variables, root) => {
    const result = (await query.query(root, context, { ...variables })) as ExecutionResult;
    if (!result.errors) return result;
    if (result.data !== undefined) return { ...result, errors: result.errors.map(asGraphQLError) };
    const errors = refused(schema, document, variables);
    // The compiler refuses an absent field of an input although its type, which is not null, has a default. Nothing was executed.
    return errors ? { ...result, errors } : interpreted(context, variables, root);
  };
}

/** Returns the errors of variables that do not fit, in graphql-js's wording; undefined when they fit. */
function refused(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Variables,
): readonly GraphQLError[] | undefined {
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  return getVariableValues(schema, operation?.variableDefinitions ?? [], { ...variables }).errors;
}

/** The compiler's errors cannot be changed, and a subgraph changes their public parts. */
const asGraphQLError = ({ message, path, originalError }: GraphQLError): GraphQLError =>
  new GraphQLError(message, { path, originalError });
