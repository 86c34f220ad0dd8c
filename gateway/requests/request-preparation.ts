import { GraphQLError, OperationTypeNode } from "graphql";
import { type ErrorCode, PublicError } from "#lib/errors.ts";
import type { Identity, RequestContext } from "#lib/trust/request-context.ts";
import { span, annotateSpan } from "#lib/observability/tracing.ts";
import type { Variables } from "#lib/graphql/variables.ts";
import type { Documents } from "../documents/documents.ts";
import type { CompiledOperation } from "../execution/compile-operation.ts";
import type { KnownOperation, Operations } from "../execution/operations.ts";
import { described, RequestErrors } from "../execution/request-errors.ts";
import type { GraphQLRequest } from "./graphql-request.ts";
import type { Limits } from "../limits/limits.ts";
import { checkVariables } from "../limits/variable-limits.ts";

/** A request that may be executed. */
export interface PreparedRequest {
  /** The text of its document. */
  text: string;
  found: KnownOperation;
  /** The variables as subgraphs receive them. */
  variables: Variables;
  /** Compiled for the rights of its sender, and for the booleans that were sent with it. */
  operation: CompiledOperation;
}

export interface PreparationOptions {
  documents: Documents;
  limits: Limits;
  /** Whether errors in variables may contain suggestions and the engine's text. */
  introspection: boolean;
}

/** The checks that every request passes, whatever its transport: known documents, limits, validation, cost and rights. */
export class RequestPreparation {
  readonly #documents: Documents;
  readonly #limits: Limits;
  readonly #introspection: boolean;

  constructor({ documents, limits, introspection }: PreparationOptions) {
    this.#documents = documents;
    this.#limits = limits;
    this.#introspection = introspection;
  }

  /**
   * Checks a request, and compiles its operation.
   * @throws RequestErrors, GraphQLError, PublicError
   */
  async prepare(operations: Operations, request: GraphQLRequest, context: RequestContext): Promise<PreparedRequest> {
    checkVariables(request.variables ?? {}, this.#limits);
    const text = this.#documents.textOf(request, context.identity);
    const found = this.#find(operations, text, request, context.identity);
    annotateSpan(() => describedOperation(found, this.#documents.nameOf(text)));
    const variables = found.variables.read(request.variables ?? {});
    checkCost(found.cost.estimate(variables), this.#limits.cost);
    const misfits = found.variables.check(variables);
    if (misfits.length > 0) {
      const reported = misfits.slice(0, this.#limits.validationErrors);
      throw new RequestErrors(reported.map((error) => described(error, "BAD_USER_INPUT", this.#introspection)));
    }
    return {
      text,
      found,
      variables,
      operation: await planned(context.deadline, compiledFor(operations, found, { variables }, context)),
    };
  }

  #find(operations: Operations, text: string, request: GraphQLRequest, { credential }: Identity): KnownOperation {
    const { operationName, queriesOnly } = request;
    const found = findOperation(operations, text, operationName);
    if (queriesOnly && found.operation.definition.operation === OperationTypeNode.MUTATION)
      throw new PublicError("METHOD_NOT_ALLOWED", "Only queries come by GET; send this by POST.");
    const { tokensByKey: limit } = this.#limits;
    if (found.tokens > limit && credential?.kind === "api_key")
      throw new PublicError("TOKEN_LIMIT_EXCEEDED", `A request with an API key has at most ${limit} tokens.`, {
        limit,
      });
    return found;
  }
}

/**
 * Returns the operation of this name in a document, or its only one.
 * @throws RequestErrors, GraphQLError, PublicError
 */
export function findOperation(operations: Operations, text: string, name: string | undefined): KnownOperation {
  const found = operations.find(text, name);
  if (found) return found;
  throw new GraphQLError(
    name ? `Unknown operation named "${name}".` : "Must provide operation name if query contains multiple operations.",
    { extensions: { code: "OPERATION_RESOLUTION_FAILURE" satisfies ErrorCode } },
  );
}

/** Returns an operation compiled for one identity, without the fields that it may not see. */
export const compiledFor = (
  operations: Operations,
  found: KnownOperation,
  { variables = {} }: Pick<GraphQLRequest, "variables">,
  { identity }: Pick<RequestContext, "identity">,
): CompiledOperation | Promise<CompiledOperation> =>
  operations.compiled(found, found.access.refusalsFor(identity), found.variables.booleans(variables));

/** @throws PublicError QUERY_TOO_EXPENSIVE */
function checkCost(cost: number, limit: number): void {
  if (cost > limit)
    throw new PublicError("QUERY_TOO_EXPENSIVE", `This request may cost ${cost}; the limit is ${limit}.`, {
      cost,
      limit,
    });
}

/** The span has no operation names that clients choose themselves: any client could fill the names with anything. */
function describedOperation({ operation }: KnownOperation, name: string | undefined) {
  const type = operation.definition.operation;
  return {
    name: name === undefined ? type : `${type} ${name}`,
    attributes: { "graphql.operation.type": type, ...(name === undefined ? {} : { "graphql.operation.name": name }) },
  };
}

const planned = <T>(deadline: number, compiled: T | Promise<T>): T | Promise<T> =>
  compiled instanceof Promise ? span("plan", {}, () => before(deadline, compiled)) : compiled;

/** @throws PublicError OVERLOADED when planning of other operations takes so long that this request reaches its deadline */
async function before<T>(deadline: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new PublicError("OVERLOADED", "The gateway had no time to plan this; try again later.")),
      deadline - Date.now(),
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
