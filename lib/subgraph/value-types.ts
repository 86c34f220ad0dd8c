import { type ASTNode, type DefinitionNode, type DocumentNode, parse, visit } from "graphql";
import { withImports } from "./federation-imports.ts";
import { operationValueTypes } from "./operation-types.ts";

// The scalars and the types of values that are the same in every subgraph.
const sdl = `
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

const nameOf = (node: DefinitionNode): string | undefined => ("name" in node ? node.name?.value : undefined);
const valueTypes = new Map(
  [...parse(sdl, { noLocation: true }).definitions, ...operationValueTypes].map((node) => [nameOf(node), node]),
);

/**
 * Adds the value types that a subgraph's schema uses, such as `Money` with its scalars.
 * @throws Error when the schema defines one itself
 */
export function withValueTypes(document: DocumentNode): DocumentNode {
  const own = document.definitions.map(nameOf).find((name) => valueTypes.has(name));
  if (own !== undefined) throw new Error(`${own} is a value type: remove it, lib/subgraph/value-types.ts defines it.`);
  const used = new Set<DefinitionNode>();
  const addUsedBy = (node: ASTNode): void => {
    visit(node, {
      NamedType({ name }) {
        const found = valueTypes.get(name.value);
        if (!found || used.has(found)) return;
        used.add(found);
        addUsedBy(found);
      },
    });
  };
  addUsedBy(document);
  return { ...document, definitions: [...withImports(document.definitions, ["@shareable"]), ...used] };
}
