import { type ASTNode, type FieldNode, Kind, print, type SelectionSetNode, visit } from "graphql";
import { documentOf, keyOf, type Operation } from "../operation.ts";

/**
 * Response keys of an operation, as its client wrote them and as it is planned. The planned key of a field follows from the field and its arguments, so
 * that no two selections that differ in these ever meet in one value:
 *
 * - A client may alias any field by the name of one that the planner selects itself, as a key or a requirement: `{ product { id: name shipping } }`.
 *   Apollo's planner merges the two into one field, so that one of them is lost, or the value of the other is sent to a subgraph.
 * - Fields of different types may share a key: `... on Book { review(stars: 3) } ... on Film { review(stars: 4) }`. A subgraph that knows both types as one
 *   (`@interfaceObject`) would receive the arguments of either.
 */
export class Aliases {
  /** Response key → field and arguments → planned key; only where the planned key differs. */
  readonly #planned = new Map<string, Map<string, string>>();
  readonly #written = new Map<string, string>();

  /** @param plannerFields the names of the fields that the planner selects itself */
  constructor(operation: Operation, plannerFields: ReadonlySet<string>) {
    const used = new Set(plannerFields);
    const selected = new Map<string, Map<string, FieldNode>>();
    visit(documentOf(operation), {
      Field: (field) => {
        const key = keyOf(field);
        used.add(key);
        entry(selected, key).set(fieldAndArguments(field), field);
      },
    });
    const shared = [...selected.values()].some(({ size }) => size > 1) ? sharedKeys(operation) : new Set<string>();
    for (const [key, fields] of selected) {
      let isFree = true;
      for (const [signature, { name }] of fields) {
        const isPlannersOwn = key !== name.value && plannerFields.has(key);
        if (!isPlannersOwn && (isFree || !shared.has(key))) {
          isFree = false;
          continue;
        }
        let planned = `${key}__alias`;
        while (used.has(planned)) planned += "_";
        used.add(planned);
        entry(this.#planned, key).set(signature, planned);
        this.#written.set(planned, key);
      }
    }
  }

  /** Whether all of them are planned as they were written. */
  get areAsWritten(): boolean {
    return this.#planned.size === 0;
  }

  /** Returns the key by which a field is planned. */
  planned(field: FieldNode): string {
    const key = keyOf(field);
    return this.#planned.get(key)?.get(fieldAndArguments(field)) ?? key;
  }

  /** Returns a planned path as it is in the response. */
  written(path: readonly (string | number)[]): (string | number)[] {
    return path.map((key) => (typeof key === "string" ? (this.#written.get(key) ?? key) : key));
  }
}

function entry<Value>(map: Map<string, Map<string, Value>>, key: string): Map<string, Value> {
  let inner = map.get(key);
  if (!inner) map.set(key, (inner = new Map()));
  return inner;
}

/** Returns a text that is equal for fields that validation considers the same. */
function fieldAndArguments({ name, arguments: given = [] }: FieldNode): string {
  if (given.length === 0) return name.value;
  return `${name.value}(${given
    .map((argument) => print(inOrder(argument)))
    .sort()
    .join()})`;
}

/** Returns a node with the fields of input objects in an order that does not depend on how they were written. */
const inOrder = <Node extends ASTNode>(node: Node): Node =>
  visit(node, {
    ObjectValue: {
      leave: (value) => ({
        ...value,
        fields: value.fields.toSorted((one, other) => (one.name.value < other.name.value ? -1 : 1)),
      }),
    },
  });

/**
 * Returns the keys that, in one object of the response, belong to several fields, or to one field with different arguments, depending on the object's type.
 */
function sharedKeys({ definition, fragments }: Operation): Set<string> {
  const shared = new Set<string>();
  const inObject = (sets: readonly SelectionSetNode[]): void => {
    const fields = new Map<string, FieldNode[]>();
    const collect = ({ selections }: SelectionSetNode): void => {
      for (const selection of selections) {
        if (selection.kind === Kind.FIELD) {
          const same = fields.get(keyOf(selection));
          if (same) same.push(selection);
          else fields.set(keyOf(selection), [selection]);
          continue;
        }
        const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
        if (fragment) collect(fragment.selectionSet);
      }
    };
    for (const set of sets) collect(set);
    for (const [key, nodes] of fields) {
      if (new Set(nodes.map(fieldAndArguments)).size > 1) shared.add(key);
      inObject(nodes.flatMap(({ selectionSet }) => selectionSet ?? []));
    }
  };
  inObject([definition.selectionSet]);
  return shared;
}
