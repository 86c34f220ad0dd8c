import {
  type DefinitionNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
} from "graphql";
import { withImports } from "./federation-imports.ts";
import { connectionTypes, listField, type ListedNoun } from "./list-sdl.ts";

const change: ListedNoun = { type: "Change", one: "a change", many: "changes", nullable: false };
const sentence = "`changes` lists who changed it, when, and from what to what.";

// `Change.user` refers to the user, in subgraphs that have no other reference to one.
const userReference = parse(
  `
  "A person, or a program that acts like one, who may log in."
  type User @key(fields: "id", resolvable: false) {
    "The user's id."
    id: ID!
  }
`,
  { noLocation: true },
).definitions;

/** What a caller needs for the changes of a type, in addition to what the type requires. */
interface Needs {
  requires?: string;
  policy?: string;
}

/**
 * Completes the change history of a subgraph's schema: `@recorded` on the type `Vm` adds `Vm.changes: ChangeConnection` and a sentence to the type's
 * description. `@recorded(requires: "user:update")` also adds what only the changes require, for a type of which some fields require more than others.
 * @throws Error for a recorded type whose changes every caller could read
 */
export function completeChanges(document: DocumentNode): DocumentNode {
  const recorded = document.definitions.some((node) => recordedOf(node) !== undefined);
  if (!recorded) return document;
  return {
    ...document,
    definitions: [
      ...withImports(document.definitions.map(completedType), ["@key", "@listSize", "@shareable"]),
      ...connectionTypes(change).map(shareable),
      ...(document.definitions.some((node) => isObject(node) && node.name.value === "User") ? [] : userReference),
    ],
  };
}

/** Returns whether a completed type has recorded changes. */
export const hasChanges = ({ fields = [] }: ObjectTypeDefinitionNode): boolean =>
  fields.some(({ name }) => name.value === "changes");

/**
 * Removes the description of each recorded type from the schemas that only refer to it, so that the supergraph has that of its owner: composition takes the one
 * that most schemas have.
 */
export function withOwnersDescriptions(documents: readonly DocumentNode[]): DocumentNode[] {
  const owned = documents.map(
    ({ definitions }) =>
      new Set(definitions.flatMap((node) => (isObject(node) && hasChanges(node) ? [node.name.value] : []))),
  );
  return documents.map((document, at) => ({
    ...document,
    definitions: document.definitions.map((node) =>
      isObject(node) && owned.some((names, other) => other !== at && names.has(node.name.value))
        ? { ...node, description: undefined }
        : node,
    ),
  }));
}

const isObject = (node: DefinitionNode): node is ObjectTypeDefinitionNode => node.kind === Kind.OBJECT_TYPE_DEFINITION;

const recordedOf = (node: DefinitionNode): DirectiveNode | undefined =>
  isObject(node) ? node.directives?.find(({ name }) => name.value === "recorded") : undefined;

function completedType(node: DefinitionNode): DefinitionNode {
  const directive = recordedOf(node);
  if (!directive || !isObject(node)) return node;
  const needs = needsIn(directive);
  const isGuarded = node.directives?.some(({ name }) => name.value === "requiresScopes" || name.value === "policy");
  if (!isGuarded && needs.requires === undefined)
    throw new Error(
      `${node.name.value} has no access directive: state what its changes require, @recorded(requires:).`,
    );
  return {
    ...node,
    description: { kind: Kind.STRING, value: [node.description?.value, sentence].filter(Boolean).join(" ") },
    directives: node.directives?.filter((each) => each !== directive),
    fields: [...(node.fields ?? []), changesField(needs)],
  };
}

const needsIn = ({ arguments: given = [] }: DirectiveNode): Needs =>
  Object.fromEntries(
    given.map(({ name, value }) => {
      if (value.kind !== Kind.STRING) throw new Error(`@recorded has no text as \`${name.value}\`.`);
      return [name.value, value.value];
    }),
  );

function changesField({ requires, policy }: Needs): FieldDefinitionNode {
  const list = listField(change);
  const access = [
    ...(policy === undefined ? [] : [`@policy(policies: [["${policy}"]])`]),
    ...(requires === undefined ? [] : [`@requiresScopes(scopes: [["${requires}"]])`]),
  ];
  const [type] = parse(
    `type Parent {
      "The changes that are still kept, newest first. Null when they could not be read, or the caller may not read them."
      changes: ChangeConnection ${access.join(" ")}
    }`,
    { noLocation: true },
  ).definitions as [ObjectTypeDefinitionNode];
  const field = type.fields?.[0] as FieldDefinitionNode;
  return {
    ...field,
    arguments: list.arguments?.filter(({ name }) => name.value !== "filter" && name.value !== "orderBy"),
    directives: [...(list.directives ?? []), ...(field.directives ?? [])],
  };
}

/** Returns a type that each subgraph defines. */
const shareable = (node: DefinitionNode): DefinitionNode =>
  isObject(node)
    ? {
        ...node,
        directives: [
          ...(node.directives ?? []),
          { kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: "shareable" } },
        ],
      }
    : node;
