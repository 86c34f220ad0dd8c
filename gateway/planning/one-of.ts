import { type DocumentNode, type GraphQLSchema, isInputObjectType, Kind, parse } from "graphql";
import { directivesOf } from "./supergraph-ast.ts";

/** Exactly one member of such an input object is given, and is not null. */
const oneOf = "oneOf";

/** Adds a definition of `@oneOf` to a supergraph that uses the directive: GraphQL itself defines it, but Apollo's schema does not. */
export function withOneOfDefined(document: DocumentNode): DocumentNode {
  if (inputsWithOneOf(document).length === 0) return document;
  const isDefined = document.definitions.some(
    (node) => node.kind === Kind.DIRECTIVE_DEFINITION && node.name.value === oneOf,
  );
  if (isDefined) return document;
  return {
    ...document,
    definitions: [...document.definitions, ...parse(`directive @${oneOf} on INPUT_OBJECT`).definitions],
  };
}

/** Marks the input types of a schema that carry `@oneOf` in the supergraph's text. Apollo's API schema loses directives of `@link`. */
export function markOneOf(schema: GraphQLSchema, sdl: string): void {
  if (!sdl.includes(`@${oneOf}`)) return;
  for (const name of inputsWithOneOf(parse(sdl, { noLocation: true }))) {
    const type = schema.getType(name);
    if (isInputObjectType(type)) type.isOneOf = true;
  }
}

const inputsWithOneOf = ({ definitions }: DocumentNode): string[] =>
  definitions.flatMap((node) =>
    (node.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION || node.kind === Kind.INPUT_OBJECT_TYPE_EXTENSION) &&
    directivesOf(node, oneOf).length > 0
      ? [node.name.value]
      : [],
  );
