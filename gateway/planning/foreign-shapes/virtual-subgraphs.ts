import { type ConstDirectiveNode, type DocumentNode, Kind, type SelectionSetNode } from "graphql";
import {
  addFields,
  argumentOf,
  directivesOf,
  fieldNamed,
  fieldsIn,
  implementing,
  isResolvableKey,
  namedType,
  parseFieldSet,
  typesIn,
  type TypesWithFields,
} from "../supergraph-ast.ts";
import type { Requirement, ReplacedField } from "./terms.ts";

/** A part of a subgraph that is planned as if it were a subgraph: only keys, value types and the fields that moved here. */
export interface VirtualSubgraph {
  /** Its value in the enum `join__Graph`. */
  name: string;
  of: string;
  moved: Requirement[];
  /** The `@interfaceObject` type that has the moved fields: the virtual subgraph knows its objects by their own types. */
  as: string | undefined;
}

/**
 * Decides which fields move to virtual subgraphs: fields that others require, and further ones until no two in one subgraph require the same field with
 * different arguments.
 */
export function virtualSubgraphsOf(
  document: DocumentNode,
  requirements: readonly Requirement[],
  substitutes: ReadonlyMap<string, ReplacedField>,
): VirtualSubgraph[] {
  const { isRequired, requires } = dependenciesOf(document, requirements);
  const keys = keysIn(document);
  const types = typesIn(document);
  const virtuals: VirtualSubgraph[] = [];
  /** By graph or virtual subgraph: path of a field in the representation → the field at that path. */
  const taken = new Map<string, Map<string, string>>();
  const finds = (name: string, paths: ReadonlyMap<string, string>): boolean => {
    const there = taken.get(name) ?? new Map<string, string>();
    for (const [path, field] of paths) if ((there.get(path) ?? field) !== field) return false;
    taken.set(name, new Map([...there, ...paths]));
    return true;
  };
  for (const requirement of requirements) {
    const paths = pathsOf(requirement.selection, requirement.type, { types, substitutes });
    const { isInterfaceObject, isExternal } = keys(requirement);
    const as = isInterfaceObject ? requirement.type : undefined;
    const stays = as === undefined && !isExternal && !isRequired(requirement);
    if (stays && finds(requirement.graph, paths)) continue;
    const others = virtuals.filter(({ of }) => of === requirement.graph);
    // A field that requires another is fetched after it.
    const isLater = (other: Requirement) => requires(other, requirement) || requires(requirement, other);
    const room = others.find(
      (virtual) => virtual.as === as && !virtual.moved.some(isLater) && finds(virtual.name, paths),
    );
    if (room) room.moved.push(requirement);
    else {
      const name = `${requirement.graph}__SELF_${others.length + 2}`;
      finds(name, paths);
      virtuals.push({ name, of: requirement.graph, moved: [requirement], as });
    }
  }
  return virtuals;
}

/** Returns how a subgraph resolves the type of one of its fields. A type that it cannot resolve has no virtual subgraph to enter again. */
function keysIn(document: DocumentNode): (of: Requirement) => { isInterfaceObject: boolean; isExternal: boolean } {
  const types = typesIn(document);
  return ({ type, graph }) => {
    const node = types.get(type);
    const keys = (node ? directivesOf(node, "join__type") : []).filter(
      (join) => argumentOf(join, "graph") === graph && isResolvableKey(join),
    );
    const isExternal = (key: ConstDirectiveNode) =>
      [...fieldsIn(parseFieldSet(argumentOf(key, "key") ?? ""), type, types)].some(([owner, name]) => {
        const holder = types.get(owner);
        const field = holder && fieldNamed(holder, name);
        return (field ? directivesOf(field, "join__field") : []).some(
          (join) => argumentOf(join, "graph") === graph && argumentOf(join, "external") === "true",
        );
      });
    return {
      isInterfaceObject: keys.some((join) => argumentOf(join, "isInterfaceObject") === "true"),
      // The planner does not use such a key to return after a requirement.
      isExternal: keys.length > 0 && keys.every(isExternal),
    };
  };
}

interface Known {
  types: TypesWithFields;
  substitutes: ReadonlyMap<string, ReplacedField>;
}

/**
 * Returns the path of each field in a representation, and the field there: the field itself, or its substitute with arguments. A field that is required
 * for some types only differs from one required for all: a representation names no types inside.
 */
function pathsOf(
  { selections }: SelectionSetNode,
  typeName: string | undefined,
  known: Known,
  { above, conditions }: { above: string; conditions: string } = { above: "", conditions: "" },
  found = new Map<string, string>(),
): Map<string, string> {
  const type = typeName === undefined ? undefined : known.types.get(typeName);
  for (const selection of selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const on = selection.typeCondition?.name.value ?? typeName;
      const isAll = on === typeName || type?.interfaces?.some(({ name }) => name.value === on) === true;
      const narrower = isAll ? conditions : `${conditions} ... on ${on}`;
      pathsOf(selection.selectionSet, on, known, { above, conditions: narrower }, found);
      continue;
    }
    const name = selection.name.value;
    const field = known.substitutes.get(name)?.field ?? name;
    const path = `${above}/${field}`;
    // What one requirement needs from all objects, it also needs from those of its fragments.
    if (conditions === "" || !found.has(path)) found.set(path, `${name}${conditions}`);
    if (!selection.selectionSet) continue;
    const definition = type && fieldNamed(type, field);
    const inner = definition && namedType(definition.type);
    pathsOf(selection.selectionSet, inner, known, { above: path, conditions }, found);
  }
  return found;
}

interface Dependencies {
  /** Returns whether a field is in the requirement of another. */
  isRequired(one: Requirement): boolean;
  /** Returns whether a field requires another, directly or indirectly. */
  requires(one: Requirement, other: Requirement): boolean;
}

function dependenciesOf(document: DocumentNode, requirements: readonly Requirement[]): Dependencies {
  const types = typesIn(document);
  const directly = new Map(
    requirements.map((one) => {
      const fields = new Set<string>();
      addFields(fields, one.selection, one.type, types);
      const isIn = ({ type, field }: Requirement): boolean =>
        [type, ...implementing(types, type).map(({ name }) => name.value)].some((owner) =>
          fields.has(`${owner}.${field}`),
        );
      return [one, requirements.filter(isIn)] as const;
    }),
  );
  const required = new Set([...directly.values()].flat());
  const requires = (one: Requirement, other: Requirement, seen = new Set<Requirement>()): boolean =>
    (directly.get(one) ?? []).some((next) => {
      if (next === other) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return requires(next, other, seen);
    });
  return { isRequired: (one) => required.has(one), requires: (one, other) => requires(one, other) };
}
