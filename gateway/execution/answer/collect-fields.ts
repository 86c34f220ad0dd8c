import type { PublicError } from "#lib/errors.ts";
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  doTypesOverlap,
  type GraphQLCompositeType,
  isCompositeType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";
import { keyOf } from "../../operation.ts";
import type { Aliases } from "../../planning/aliases.ts";
import type { FitsType } from "../types.ts";

/** What an operation selects. */
export interface Selected {
  schema: GraphQLSchema;
  fits: FitsType;
  fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  included(selection: SelectionNode): boolean;
  /** The fields that are refused and not requested. */
  refused: ReadonlyMap<FieldNode, PublicError>;
  /** The keys under which subgraphs return fields. */
  aliases: Aliases;
}

/** All selections of one response key of an object. */
export interface CollectedField {
  key: string;
  name: string;
  nodes: [FieldNode, ...FieldNode[]];
}

export interface CollectedFields {
  fields: CollectedField[];
  /** Whether more fields would be selected for an object of some type behind this one. */
  dependsOnType: boolean;
}

/**
 * Returns the fields of an object in the order of the response: by the first selection that applies.
 * @param type the object's type, or the interface or union when nothing more is known
 */
export function collectFields(
  selected: Selected,
  sets: readonly SelectionSetNode[],
  type: GraphQLCompositeType,
): CollectedFields {
  const fields = new Map<string, CollectedField>();
  let dependsOnType = false;
  const collect = (set: SelectionSetNode): void => {
    for (const selection of set.selections) {
      if (!selected.included(selection)) continue;
      if (selection.kind === Kind.FIELD) {
        const key = keyOf(selection);
        const earlier = fields.get(key);
        if (earlier) earlier.nodes.push(selection);
        else fields.set(key, { key, name: selection.name.value, nodes: [selection] });
        continue;
      }
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD ? selected.fragments.get(selection.name.value) : selection;
      if (!fragment) continue;
      const condition = fragment.typeCondition?.name.value;
      if (condition === undefined || selected.fits(type.name, condition)) collect(fragment.selectionSet);
      else dependsOnType ||= mayFit(selected.schema, type, condition);
    }
  };
  for (const set of sets) collect(set);
  return { fields: [...fields.values()], dependsOnType };
}

/** Returns whether some objects behind this type may fit the condition, but not all. */
function mayFit(schema: GraphQLSchema, type: GraphQLCompositeType, condition: string): boolean {
  const wanted = schema.getType(condition);
  return isCompositeType(wanted) && doTypesOverlap(schema, type, wanted);
}
