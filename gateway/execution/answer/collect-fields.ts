import type { PublicError } from "#lib/errors.ts";
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  isAbstractType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";
import { keyOf } from "../../operation.ts";
import type { Aliases } from "../../planning/aliases.ts";

/** What an operation selects. */
export interface Selected {
  schema: GraphQLSchema;
  fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  included(selection: SelectionNode): boolean;
  /** The fields that were not asked for. */
  refused: ReadonlyMap<FieldNode, PublicError>;
  /** Under which keys subgraphs were asked. */
  aliases: Aliases;
}

/** All selections of one response key of an object. */
export interface CollectedField {
  key: string;
  name: string;
  /** The type condition under which it was found first, or the type that is declared: its definition says what may be null. */
  parent: string;
  nodes: FieldNode[];
}

/**
 * The fields of an object in the order of the answer: by the first selection that holds.
 * @param declared the type that the schema declares
 * @param typename the object's type; undefined where it did not say, as the planner asks for it only where it could be one of several: then
 * fragments hold by the type of objects that is declared, or that the last of them named
 */
export function collectFields(
  selected: Selected,
  sets: readonly SelectionSetNode[],
  { declared, typename }: { declared: string; typename: string | undefined },
): CollectedField[] {
  const fields = new Map<string, CollectedField>();
  const collect = (set: SelectionSetNode, parent: string, known: string | undefined): void => {
    for (const selection of set.selections) {
      if (!selected.included(selection)) continue;
      if (selection.kind === Kind.FIELD) {
        const key = keyOf(selection);
        const earlier = fields.get(key);
        if (earlier) earlier.nodes.push(selection);
        else fields.set(key, { key, name: selection.name.value, parent, nodes: [selection] });
        continue;
      }
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD ? selected.fragments.get(selection.name.value) : selection;
      if (!fragment) continue;
      const condition = fragment.typeCondition?.name.value;
      if (condition === undefined) collect(fragment.selectionSet, parent, known);
      else if (fits(selected.schema, known ?? parent, condition))
        collect(fragment.selectionSet, condition, known ?? objectNamed(selected.schema, condition));
    }
  };
  for (const set of sets) collect(set, declared, typename ?? objectNamed(selected.schema, declared));
  return [...fields.values()];
}

const objectNamed = (schema: GraphQLSchema, name: string): string | undefined =>
  isObjectType(schema.getType(name)) ? name : undefined;

function fits(schema: GraphQLSchema, typename: string, condition: string): boolean {
  if (typename === condition) return true;
  const wanted = schema.getType(condition);
  const type = schema.getType(typename);
  return isAbstractType(wanted) && type !== undefined && "getInterfaces" in type && schema.isSubType(wanted, type);
}
