import { type DocumentNode, GraphQLError, Kind, visit } from "graphql";
import type { Variables } from "./variables.ts";
import { messageWithoutValue } from "./messages-without-values.ts";

// The gateway knows only that custom scalars are values. A wrong value is therefore found here first: in a literal by validation, in a variable by execution.

/** Returns the error of a literal that its type refuses, with the field and the argument that contain it. */
export function wrongLiteral(error: GraphQLError, document: DocumentNode): GraphQLError {
  const wrong = error.nodes?.[0];
  const path: string[] = [];
  const argument: string[] = [];
  visit(document, {
    enter: (node, _key, parent, _path, ancestors) => {
      if (node !== wrong) return;
      const around = [...ancestors, parent, node].filter((each) => each !== undefined && "kind" in each);
      for (const ancestor of around) {
        if (ancestor.kind === Kind.FIELD) path.push((ancestor.alias ?? ancestor.name).value);
        if (ancestor.kind === Kind.ARGUMENT || ancestor.kind === Kind.OBJECT_FIELD) argument.push(ancestor.name.value);
      }
    },
  });
  return inputError(error, argument.join("."), path);
}

/** Returns an error of a field under `_entities`, which validation finds once, at each of the references that the field was requested for. */
export function atEachReference(error: GraphQLError, variables: Variables): GraphQLError[] {
  const [first, ...rest] = error.path ?? [];
  const { representations } = variables;
  if (first !== "_entities" || !Array.isArray(representations)) return [error];
  return representations.map(
    (_reference, index) =>
      new GraphQLError(error.message, { path: [first, index, ...rest], extensions: error.extensions }),
  );
}

/** Returns the error of a variable that its type refuses, named as `$variable`. */
export function variableError(error: GraphQLError): GraphQLError {
  const node = error.nodes?.[0];
  return inputError(error, node?.kind === Kind.VARIABLE_DEFINITION ? `$${node.variable.name.value}` : "");
}

const inputError = (error: GraphQLError, argument: string, path: readonly string[] = []): GraphQLError =>
  new GraphQLError(messageWithoutValue(error), {
    path: path.length > 0 ? path : null,
    extensions: { code: "BAD_USER_INPUT", ...(argument ? { argument } : {}) },
  });
