import type { FieldNode, SelectionSetNode } from "graphql";

/** The field that a stand-in stands for, with the arguments that a `@requires` gives it. */
export interface StoodFor {
  field: string;
  arguments: NonNullable<FieldNode["arguments"]>;
}

/** What names mean that only the planner knows. */
export interface Terms {
  /** Stand-in → what it stands for. */
  standIns: ReadonlyMap<string, StoodFor>;
  /** Second self of a subgraph → the subgraph. */
  selves: ReadonlyMap<string, string>;
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
