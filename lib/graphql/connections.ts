import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from "graphql";

/** Returns whether the client selected `name` directly under the field that is being resolved. */
export function selects(info: Pick<GraphQLResolveInfo, "fieldNodes" | "fragments">, name: string): boolean {
  const inSet = (set: SelectionSetNode | undefined): boolean =>
    set?.selections.some((selection) => {
      if (selection.kind === Kind.FIELD) return selection.name.value === name;
      if (selection.kind === Kind.INLINE_FRAGMENT) return inSet(selection.selectionSet);
      return inSet(info.fragments[selection.name.value]?.selectionSet);
    }) ?? false;
  return info.fieldNodes.some((node) => inSet(node.selectionSet));
}

interface Edge<Row> {
  cursor: string;
  node: Row;
}

interface Connection<Row> {
  edges: readonly Edge<Row>[];
}

/** The fields that every connection type derives from a `Page`; the rest are its own properties. */
export const connectionFields = {
  nodes: <Row>(page: Connection<Row>): Row[] => page.edges.map((edge) => edge.node),
  pageInfo: (page: Connection<unknown> & { hasNextPage: boolean; hasPreviousPage: boolean }) => ({
    hasNextPage: page.hasNextPage,
    hasPreviousPage: page.hasPreviousPage,
    startCursor: page.edges[0]?.cursor ?? null,
    endCursor: page.edges.at(-1)?.cursor ?? null,
  }),
};
