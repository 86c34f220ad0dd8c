import type { FieldNode, SelectionSetNode } from "graphql";

/** The field that a stand-in replaces, with the arguments from a `@requires`. */
export interface StoodFor {
  field: string;
  arguments: NonNullable<FieldNode["arguments"]>;
}

/** The subgraph of a second self. */
export interface Self {
  subgraph: string;
  /** The subgraph's name for the objects that the second self knows by their own types. */
  as: string | undefined;
}

/** The meaning of names that only the planner knows. */
export interface Terms {
  /** Stand-in → the field that it replaces. */
  standIns: ReadonlyMap<string, StoodFor>;
  /** The second selves of subgraphs. */
  selves: ReadonlyMap<string, Self>;
  /** The fields that the planner itself selects: `__typename`, those of keys, and those that others require. */
  asked: ReadonlySet<string>;
}

/** A field of a subgraph, and its requirement from other subgraphs. */
export interface Requirement {
  type: string;
  field: string;
  /** The subgraph, by its name in the enum `join__Graph`. */
  graph: string;
  selection: SelectionSetNode;
}
