import { type ExecutionResult, GraphQLError } from "graphql";
import type { Variables } from "#lib/graphql/variables.ts";
import { maxReferences } from "#lib/subgraph/max-references.ts";

/** Sends a call in parts when it has more references than a subgraph accepts, and combines the responses as if it were one call. */
export async function splitCall(
  variables: Variables,
  send: (variables: Variables) => Promise<ExecutionResult>,
): Promise<ExecutionResult> {
  const { representations } = variables;
  if (!Array.isArray(representations) || representations.length <= maxReferences) return send(variables);
  const offsets = Array.from(
    { length: Math.ceil(representations.length / maxReferences) },
    (_, part) => part * maxReferences,
  );
  const parts = await Promise.all(
    offsets.map(async (offset) => {
      const references = (representations as unknown[]).slice(offset, offset + maxReferences);
      const { data, errors = [] } = await send({ ...variables, representations: references });
      const entities = data?.["_entities"];
      return {
        entities: Array.isArray(entities) ? (entities as unknown[]) : references.map(() => null),
        errors: errors.map((error) => moved(error, offset)),
      };
    }),
  );
  const errors = parts.flatMap((part) => part.errors);
  return { data: { _entities: parts.flatMap((part) => part.entities) }, ...(errors.length > 0 ? { errors } : {}) };
}

/** Moves the path of an error from its part to the whole call; a negative offset moves it back. */
export function moved(error: GraphQLError, offset: number): GraphQLError {
  const [first, index, ...rest] = error.path ?? [];
  return first === "_entities" && typeof index === "number"
    ? new GraphQLError(error.message, {
        path: [first, index + offset, ...rest],
        extensions: error.extensions,
        originalError: error,
      })
    : error;
}
