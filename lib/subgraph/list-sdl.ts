import { type DefinitionNode, type FieldDefinitionNode, type ObjectTypeDefinitionNode, parse } from "graphql";
import { defaultPageSize, maxPageSize } from "../graphql/pagination.ts";

/** The name of a type, and what its descriptions call it: `VmNetwork`, `a network interface`, `network interfaces`. */
export interface ListedNoun {
  type: string;
  one: string;
  many: string;
  /** Whether an element may be null, because another subgraph could not be reached. */
  nullable: boolean;
}

/** Returns a field with the arguments and directives of a list of these objects. */
export function listField({ type, many }: ListedNoun): FieldDefinitionNode {
  const [parent] = parsed(`
    type Parent {
      list(
        "The number of elements to return from the start of the list, at most ${maxPageSize}. The default is ${defaultPageSize} when neither \`first\` nor \`last\` is given."
        first: Int
        "Returns the elements after this cursor."
        after: String
        "The number of elements to return from the end of the list, at most ${maxPageSize}."
        last: Int
        "Returns the elements before this cursor."
        before: String
        "Filtering options for the ${many} returned. All conditions must hold."
        filter: ${type}Filter
        "The order of the list."
        orderBy: ${type}Order
      ): ${type}Connection
        @listSize(
          assumedSize: ${defaultPageSize}
          slicingArguments: ["first", "last"]
          sizedFields: ["edges", "nodes"]
          requireOneSlicingArgument: false
        )
    }
  `);
  return (parent as ObjectTypeDefinitionNode).fields?.[0] as FieldDefinitionNode;
}

export const connectionTypes = ({ type, one, many, nullable }: ListedNoun) =>
  parsed(`
    "A page of ${many}."
    type ${type}Connection {
      "The elements of the page with their cursors."
      edges: [${type}Edge!]!
      "The elements of the page without their cursors.${nullable ? " One that could not be read is null." : ""}"
      nodes: [${type}${nullable ? "" : "!"}]!
      "Information about the position of the page in the list."
      pageInfo: PageInfo!
      "The total number of elements over all pages. It is counted only when selected."
      totalCount: Int
    }

    "${capitalized(one)} in a list."
    type ${type}Edge {
      "The cursor of the element."
      cursor: String!
      "The ${withoutArticle(one)}.${nullable ? " Null when it could not be read." : ""}"
      node: ${type}${nullable ? "" : "!"}
    }
  `);

export const orderInput = ({ type, many }: ListedNoun) =>
  parsed(`
    "Ordering options for ${many}."
    input ${type}Order {
      "The field to order by."
      field: ${type}OrderField!
      "The direction of the order."
      direction: OrderDirection!
    }
  `);

export const orderDirection = () =>
  parsed(`
    "The direction in which a list is ordered."
    enum OrderDirection {
      "Ascending: the smallest or earliest first."
      ASC
      "Descending: the largest or latest first."
      DESC
    }
  `);

export const pageInfo = () =>
  parsed(`
    "Information about the position of a page in a list."
    type PageInfo @shareable {
      "Whether more elements follow the page."
      hasNextPage: Boolean!
      "Whether more elements precede the page."
      hasPreviousPage: Boolean!
      "The cursor of the first element. Null when the page is empty."
      startCursor: String
      "The cursor of the last element. Null when the page is empty."
      endCursor: String
    }
  `);

export const withoutArticle = (noun: string): string => noun.replace(/^an? /, "");
const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const parsed = (sdl: string): readonly DefinitionNode[] => parse(sdl, { noLocation: true }).definitions;
