import type { FieldNode, SelectionSetNode } from "graphql";

/** The field that a stand-in stands for, with the arguments that a `@requires` gives it. */
export interface StoodFor {
  field: string;
  arguments: NonNullable<FieldNode["arguments"]>;
}

/** Whose second self it is. */
export interface Self {
  subgraph: string;
  /** What the subgraph calls the objects that the second self knows by their own types. */
  as: string | undefined;
}

/** What names mean that only the planner knows. */
export interface Terms {
  /** Stand-in → what it stands for. */
  standIns: ReadonlyMap<string, StoodFor>;
  /** The second selves of subgraphs. */
  selves: ReadonlyMap<string, Self>;
  /** The fields that the planner asks for itself: `__typename`, those of keys, and those that others require. */
  asked: ReadonlySet<string>;
}

/** A field of a subgraph, and what it requires of others. */
export interface Requirement {
  type: string;
  field: string;
  /** The subgraph, by its name in the enum `join__Graph`. */
  graph: string;
  selection: SelectionSetNode;
}
