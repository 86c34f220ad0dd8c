import type { FieldNode, SelectionSetNode } from "graphql";

/** The field that a substitute field replaces, with the arguments from a `@requires`. */
export interface ReplacedField {
  field: string;
  arguments: NonNullable<FieldNode["arguments"]>;
}

/** The subgraph of which a virtual subgraph is a part. */
export interface RealSubgraph {
  subgraph: string;
  /** The subgraph's name for the objects that the virtual subgraph knows by their own types. */
  as: string | undefined;
}

/** The meaning of names that only the planner knows. */
export interface Terms {
  /** Substitute field → the field that it replaces. */
  substitutes: ReadonlyMap<string, ReplacedField>;
  /** Virtual subgraph, by its name in plans → the subgraph of which it is a part. */
  virtualSubgraphs: ReadonlyMap<string, RealSubgraph>;
  /** The fields that the planner itself selects: `__typename`, those of keys, and those that others require. */
  plannerFields: ReadonlySet<string>;
}

/** A field of a subgraph, and its requirement from other subgraphs. */
export interface Requirement {
  type: string;
  field: string;
  /** The subgraph, by its name in the enum `join__Graph`. */
  graph: string;
  selection: SelectionSetNode;
}
