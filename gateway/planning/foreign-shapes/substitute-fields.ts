import { type DocumentNode, type FieldNode, Kind, print, type SelectionSetNode } from "graphql";
import { inaccessible } from "./inaccessible.ts";
import { directive, fieldNamed, hasFields, implementing, namedType, type TypesWithFields } from "../supergraph-ast.ts";
import type { ReplacedField } from "./terms.ts";

/** The fields that replace fields with arguments. */
export class SubstituteFields {
  readonly known = new Map<string, ReplacedField>();
  readonly #types: TypesWithFields;
  /** Type → the substitute fields among its fields. */
  readonly #addedByType = new Map<string, Set<string>>();

  constructor(types: TypesWithFields) {
    this.#types = types;
  }

  /** Returns a selection of a type's fields in which substitute fields replace fields with arguments. */
  putInto({ kind, selections }: SelectionSetNode, typeName: string): SelectionSetNode {
    return {
      kind,
      selections: selections.map((selection) => {
        if (selection.kind === Kind.FRAGMENT_SPREAD) return selection;
        if (selection.kind === Kind.INLINE_FRAGMENT) {
          const on = selection.typeCondition?.name.value ?? typeName;
          return { ...selection, selectionSet: this.putInto(selection.selectionSet, on) };
        }
        const type = this.#types.get(typeName);
        const definition = type && fieldNamed(type, selection.name.value);
        const { selectionSet } = selection;
        const below = selectionSet && definition && this.putInto(selectionSet, namedType(definition.type));
        const inner = below ? { ...selection, selectionSet: below } : selection;
        return definition?.arguments?.length ? this.#substitute(inner, typeName) : inner;
      }),
    };
  }

  #substitute(field: FieldNode, typeName: string): FieldNode {
    const name = this.#nameFor({ field: field.name.value, arguments: field.arguments ?? [] });
    const behind = implementing(this.#types, typeName).map((node) => node.name.value);
    for (const type of [typeName, ...behind])
      this.#addedByType.set(type, (this.#addedByType.get(type) ?? new Set()).add(name));
    return { ...field, name: { kind: Kind.NAME, value: name }, arguments: [] };
  }

  #nameFor(replaced: ReplacedField): string {
    const written = (one: ReplacedField) =>
      print({ kind: Kind.FIELD, name: { kind: Kind.NAME, value: one.field }, ...one });
    for (const [name, known] of this.known) if (written(known) === written(replaced)) return name;
    const taken = (name: string) => [...this.#types.values()].some((type) => fieldNamed(type, name));
    let name = `${replaced.field}__given_${this.known.size}`;
    while (taken(name)) name += "_";
    this.known.set(name, replaced);
    return name;
  }

  addTo(document: DocumentNode): DocumentNode {
    return {
      ...document,
      definitions: document.definitions.map((node) => {
        if (!hasFields(node)) return node;
        const names = this.#addedByType.get(node.name.value) ?? [];
        const added = [...names].flatMap((name) => {
          const original = fieldNamed(node, this.known.get(name)?.field ?? "");
          if (!original) return [];
          const { directives = [] } = original;
          const joined = directives.filter((each) => each.name.value === "join__field");
          return {
            ...original,
            name: { kind: Kind.NAME, value: name } as const,
            arguments: [],
            directives: [...joined, directive(inaccessible)],
          };
        });
        return { ...node, fields: [...(node.fields ?? []), ...added] };
      }),
    };
  }
}
