import { type ASTNode, type DefinitionNode, type DocumentNode, Kind, parse, visit } from "graphql";
import { withImports } from "./federation-imports.ts";
import { operationValueTypes } from "./operation-types.ts";

// The scalars, the types of values and the directives that are the same in every subgraph.
const sdl = `
  "The services that may request a field that is \`@inaccessible\` to clients."
  directive @calledBy("The names of the services." services: [String!]!) on FIELD_DEFINITION

  "The ISO 4217 code of a currency, such as \`USD\`."
  scalar CurrencyCode
  "A point in time, as RFC 3339 in UTC."
  scalar DateTime
  "An exact decimal number, as a string."
  scalar Decimal
  "A length of time, as an ISO 8601 duration such as \`PT5M\`."
  scalar Duration
  "An IPv4 or IPv6 address."
  scalar IPAddress
  "A JSON value. Its writer defines its shape."
  scalar JSON
  "A whole number that may exceed 32 bits: a JSON number while that is exact, a string beyond."
  scalar Long

  "A change to an object, recorded in the transaction that made it."
  type Change @shareable {
    "The change's id."
    id: ID!
    "Whether the object was created, updated or deleted."
    kind: ChangeKind!
    "When it was changed."
    changedAt: DateTime!
    "What made the change, as events have it: \`user:<id>\`, \`service:<name>\`, \`job:<name>\` or \`command:<name>\`. Null when it was made past the product, or before anyone was identified."
    actor: String
    "The user who made the change. Null when the actor is no user, or the user no longer exists or belongs to another tenant."
    user: User
    "The id of the request that made the change. Null when no request did."
    requestId: String
    "The id of the durable operation of which the change was a step. Null when it was none."
    operationId: ID
    "The object's \`version\` after the change, as the event of the change has it. Null when the object has no such counter, or the change was to a part of it."
    version: Int
    "The changed properties by name. Empty when the object was created; all that had a value, when it was deleted."
    fields: [FieldChange!]!
  }

  "How an object changed."
  enum ChangeKind {
    "It was created."
    CREATED
    "It was updated."
    UPDATED
    "It was deleted."
    DELETED
  }

  "A changed property of an object."
  type FieldChange @shareable {
    "The name of the property, as in the payloads of events."
    name: String!
    "The value before the change, as events have it. Null when there was none, or when it is withheld."
    from: JSON
    "The value after the change, as events have it. Null when there is none, or when it is withheld."
    to: JSON
    "Whether the values are withheld, because values of this property may hold secrets."
    isWithheld: Boolean!
  }

  "An amount of money in one currency."
  type Money @shareable {
    "The amount, exact, with at most nine decimals."
    amount: Decimal!
    "The currency of the amount."
    currency: CurrencyCode!
  }

  "A name and a value that people assigned to an object."
  type Tag @shareable {
    "The name."
    key: String!
    "The value."
    value: String!
  }

  "A tag that the object must have."
  input TagFilter {
    "The name."
    key: String!
    "The value. When absent, any value matches."
    value: String
  }

  "A range of time. A bound that is absent does not restrict."
  input TimeRange {
    "The start of the range, inclusive."
    from: DateTime
    "The end of the range, exclusive."
    to: DateTime
  }

  "An error in the input that the caller can correct."
  type UserError @shareable {
    "The error code."
    code: UserErrorCode!
    "The error message for people to read: the description of the code, or more exactly what this input breaks."
    message: String!
    "The path to the input field that caused the error, outermost first. Null when no single field caused it."
    field: [String!]
  }
`;

const nameOf = (node: DefinitionNode): string | undefined => {
  const name = "name" in node ? node.name?.value : undefined;
  return node.kind === Kind.DIRECTIVE_DEFINITION ? `@${name}` : name;
};
const valueTypes = new Map(
  [...parse(sdl, { noLocation: true }).definitions, ...operationValueTypes].map((node) => [nameOf(node), node]),
);

/**
 * Adds the value types and directives that a subgraph's schema uses, such as `Money` with its scalars.
 * @throws Error when the schema defines one itself
 */
export function withValueTypes(document: DocumentNode): DocumentNode {
  const own = document.definitions.map(nameOf).find((name) => valueTypes.has(name));
  if (own !== undefined) throw new Error(`${own} is a value type: remove it, lib/subgraph/value-types.ts defines it.`);
  const used = new Set<DefinitionNode>();
  const add = (name: string): void => {
    const found = valueTypes.get(name);
    if (!found || used.has(found)) return;
    used.add(found);
    addUsedBy(found);
  };
  const addUsedBy = (node: ASTNode): void => {
    visit(node, {
      NamedType: ({ name }) => add(name.value),
      Directive: ({ name }) => add(`@${name.value}`),
    });
  };
  addUsedBy(document);
  return { ...document, definitions: [...withImports(document.definitions, ["@shareable"]), ...used] };
}
