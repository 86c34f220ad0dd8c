import {
  type DefinitionNode,
  type DocumentNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  parse,
  type SelectionSetNode,
} from "graphql";

/** Returns whether a definition has fields of a type; Federation 1 extends the types of others. */
export const hasFields = (
  node: DefinitionNode,
): node is ObjectTypeDefinitionNode | ObjectTypeExtensionNode | InterfaceTypeDefinitionNode =>
  node.kind === Kind.OBJECT_TYPE_DEFINITION ||
  node.kind === Kind.OBJECT_TYPE_EXTENSION ||
  node.kind === Kind.INTERFACE_TYPE_DEFINITION;

/** Returns, for each field (`Item.shipping`), the selection of its `@requires` in the schemas of subgraphs. */
export function requirementsIn(...schemas: readonly DocumentNode[]): Map<string, SelectionSetNode> {
  const found = new Map<string, SelectionSetNode>();
  for (const node of schemas.flatMap(({ definitions }) => definitions)) {
    if (!hasFields(node)) continue;
    for (const field of node.fields ?? []) {
      const requires = field.directives?.find(({ name }) => name.value === "requires")?.arguments?.[0]?.value;
      if (requires?.kind !== Kind.STRING) continue;
      found.set(`${node.name.value}.${field.name.value}`, fieldSet(requires.value));
    }
  }
  return found;
}

/** Parses the text of a `FieldSet`. */
export function fieldSet(text: string): SelectionSetNode {
  const [operation] = parse(`{ ${text} }`).definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`${text} selects nothing.`);
  return operation.selectionSet;
}

/** Returns what a field's `@requires` selects of a value, and nothing else that the representation holds. */
export function picked(value: unknown, { selections }: SelectionSetNode): unknown {
  if (Array.isArray(value)) return value.map((item) => picked(item, { kind: Kind.SELECTION_SET, selections }));
  if (value === null || typeof value !== "object") return value;
  const held = value as Record<string, unknown>;
  return Object.fromEntries(
    selections.flatMap((selection): [string, unknown][] => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const on = selection.typeCondition?.name.value;
        const type = held["__typename"];
        if (on !== undefined && typeof type === "string" && on !== type) return [];
        // A nested value has no type name in a representation: the fields of a fragment that it has are those that matched.
        return Object.entries(picked(held, selection.selectionSet) as object).filter(([key]) => key in held);
      }
      const { name, selectionSet } = selection;
      const inner = held[name.value] ?? null;
      return [[name.value, selectionSet ? picked(inner, selectionSet) : inner]];
    }),
  );
}
