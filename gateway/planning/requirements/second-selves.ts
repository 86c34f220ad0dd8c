import { type ConstDirectiveNode, type DocumentNode, Kind, type SelectionSetNode, visit } from "graphql";
import {
  argumentOf,
  directive,
  directivesOf,
  fieldNamed,
  fieldsIn,
  type FieldsNode,
  implementing,
  isResolvableKey,
  parseFieldSet,
  typesIn,
  type TypesWithFields,
  withArgument,
  withoutArgument,
} from "./supergraph-ast.ts";
import { withTypesOfInterfaceObject } from "./interface-object-selves.ts";
import type { Requirement, Self, StoodFor } from "./terms.ts";

/** A part of a subgraph that is planned as if it were a subgraph: nothing but keys, value types and the fields that moved here. */
interface SecondSelf {
  /** In the enum `join__Graph`. */
  name: string;
  of: string;
  moved: Requirement[];
  /** The `@interfaceObject` that has the moved fields: the second self knows its objects by their own types. */
  as: string | undefined;
}

export interface Divided {
  document: DocumentNode;
  /** By the names that plans have for subgraphs. */
  selves: Map<string, Self>;
}

/**
 * Moves fields to second selves of their subgraphs: those that others require, and others until no two in one subgraph require the same field with
 * other arguments.
 */
export function withSecondSelves(
  document: DocumentNode,
  requirements: readonly Requirement[],
  standIns: ReadonlyMap<string, StoodFor>,
): Divided {
  return divide(document, requirements, standIns).reduce<Divided>((divided, self) => added(divided, self), {
    document,
    selves: new Map(),
  });
}

interface Dependencies {
  /** Whether a field is in the requirement of another. */
  isRequired(one: Requirement): boolean;
  /** Whether a field requires another, or what requires it. */
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

/** Adds every field of a selection (`Item.price`), and for fields of an interface those of the types behind it. */
function addFields(to: Set<string>, selection: SelectionSetNode, typeName: string, types: TypesWithFields): void {
  for (const [owner, field] of fieldsIn(selection, typeName, types)) {
    to.add(`${owner}.${field}`);
    for (const { name } of implementing(types, owner)) to.add(`${name.value}.${field}`);
  }
}

function divide(
  document: DocumentNode,
  requirements: readonly Requirement[],
  standIns: ReadonlyMap<string, StoodFor>,
): SecondSelf[] {
  const { isRequired, requires } = dependenciesOf(document, requirements);
  const keys = keysIn(document);
  const selves: SecondSelf[] = [];
  /** By graph or second self: path of a field in the representation → what stands there. */
  const taken = new Map<string, Map<string, string>>();
  const finds = (name: string, paths: ReadonlyMap<string, string>): boolean => {
    const there = taken.get(name) ?? new Map<string, string>();
    for (const [path, field] of paths) if ((there.get(path) ?? field) !== field) return false;
    taken.set(name, new Map([...there, ...paths]));
    return true;
  };
  for (const requirement of requirements) {
    const paths = pathsOf(requirement.selection, standIns);
    const { isInterfaceObject, isExternal } = keys(requirement);
    const as = isInterfaceObject ? requirement.type : undefined;
    const stays = as === undefined && !isExternal && !isRequired(requirement);
    if (stays && finds(requirement.graph, paths)) continue;
    const others = selves.filter(({ of }) => of === requirement.graph);
    // What requires another is asked for later than that.
    const isLater = (other: Requirement) => requires(other, requirement) || requires(requirement, other);
    const room = others.find((self) => self.as === as && !self.moved.some(isLater) && finds(self.name, paths));
    if (room) room.moved.push(requirement);
    else {
      const name = `${requirement.graph}__SELF_${others.length + 2}`;
      finds(name, paths);
      selves.push({ name, of: requirement.graph, moved: [requirement], as });
    }
  }
  return selves;
}

/** How a subgraph resolves the type of one of its fields. A type that it cannot resolve has no second self to return to. */
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
      // By such a key the planner does not return after a requirement.
      isExternal: keys.length > 0 && keys.every(isExternal),
    };
  };
}

/** Where each field would stand in a representation, and which it is: itself, or one that stands for it with arguments. */
function pathsOf(
  { selections }: SelectionSetNode,
  standIns: ReadonlyMap<string, StoodFor>,
  above = "",
  found = new Map<string, string>(),
): Map<string, string> {
  for (const selection of selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      pathsOf(selection.selectionSet, standIns, above, found);
      continue;
    }
    const name = selection.name.value;
    const path = `${above}/${standIns.get(name)?.field ?? name}`;
    found.set(path, name);
    if (selection.selectionSet) pathsOf(selection.selectionSet, standIns, path, found);
  }
  return found;
}

function added({ document, selves }: Divided, self: SecondSelf): Divided {
  const isThere = presence(document, self);
  const isKey = keyFields(document, self);
  const ofOriginal = (node: ConstDirectiveNode) => argumentOf(node, "graph") === self.of;
  const forSelf = (node: ConstDirectiveNode) => withArgument(node, "graph", { kind: Kind.ENUM, value: self.name });
  const copied = (directives: readonly ConstDirectiveNode[] = []): readonly ConstDirectiveNode[] => [
    ...directives,
    ...directives.filter((node) => node.name.value !== "join__field" && ofOriginal(node)).map(forSelf),
  ];
  const names = new Map(selves);
  const divided = visit(document, {
    EnumTypeDefinition: (node) => {
      if (node.name.value !== "join__Graph") {
        const values = node.values?.map((value) => ({ ...value, directives: copied(value.directives) }));
        return { ...node, directives: copied(node.directives), values };
      }
      const original = node.values?.find(({ name }) => name.value === self.of);
      const join = original && directivesOf(original, "join__graph")[0];
      const real = join && argumentOf(join, "name");
      if (!original || !join || real === undefined) throw new Error(`The supergraph has no graph ${self.of}.`);
      const name = `${real}__self_${self.name.slice(self.of.length + "__SELF_".length)}`;
      names.set(name, { subgraph: real, as: self.as });
      const value = {
        ...original,
        name: { ...original.name, value: self.name },
        directives: [withArgument(join, "name", { kind: Kind.STRING, value: name })],
      };
      return { ...node, values: [...(node.values ?? []), value] };
    },
    UnionTypeDefinition: (node) => ({ ...node, directives: copied(node.directives) }),
    ScalarTypeDefinition: (node) => ({ ...node, directives: copied(node.directives) }),
    InputObjectTypeDefinition: (node) => ({
      ...node,
      directives: copied(node.directives),
      fields: node.fields?.map((field) => ({
        ...field,
        directives: [
          ...(field.directives ?? []),
          ...directivesOf(field, "join__field").filter(ofOriginal).map(forSelf),
        ],
      })),
    }),
    ObjectTypeDefinition: (node) => ({ ...node, directives: copied(node.directives), fields: fieldsOf(node) }),
    InterfaceTypeDefinition: (node) => ({ ...node, directives: copied(node.directives), fields: fieldsOf(node) }),
  });

  function fieldsOf(node: FieldsNode): FieldsNode["fields"] {
    const graphs = new Set(directivesOf(node, "join__type").map((join) => argumentOf(join, "graph")));
    if (!graphs.has(self.of)) return node.fields;
    const moved = new Set(self.moved.filter(({ type }) => type === node.name.value).map(({ field }) => field));
    return node.fields?.map((field) => {
      const given = directivesOf(field, "join__field");
      // A field that does not say where it is, is in every subgraph that has its type.
      const joins =
        given.length > 0
          ? given
          : [...graphs].map((graph) => directive("join__field", { graph: { kind: Kind.ENUM, value: String(graph) } }));
      const others = field.directives?.filter((each) => each.name.value !== "join__field") ?? [];
      const own = joins.filter(ofOriginal).map(forSelf);
      // Who is found by a field has it, `@external` or not.
      const mine = isKey(node.name.value, field.name.value) ? own.map(withoutExternal) : own;
      if (moved.has(field.name.value))
        return { ...field, directives: [...others, ...joins.filter((join) => !ofOriginal(join)), ...mine] };
      return {
        ...field,
        directives: [...others, ...joins, ...(isThere(node.name.value, field.name.value) ? mine : [])],
      };
    });
  }

  return {
    document: self.as === undefined ? divided : withTypesOfInterfaceObject(divided, self.name, self.as),
    selves: names,
  };
}

/** Which fields are those of keys by which the types of moved fields are resolved. */
function keyFields(document: DocumentNode, { of, moved }: SecondSelf): (type: string, field: string) => boolean {
  const types = typesIn(document);
  const found = new Set<string>();
  for (const { type } of moved) {
    for (const join of directivesOf(types.get(type) ?? {}, "join__type"))
      if (argumentOf(join, "graph") === of && isResolvableKey(join))
        addFields(found, parseFieldSet(argumentOf(join, "key") ?? ""), type, types);
  }
  return (type, field) => found.has(`${type}.${field}`);
}

/** Which fields of the original the second self has too. */
function presence(document: DocumentNode, self: SecondSelf): (type: string, field: string) => boolean {
  const types = typesIn(document);
  const joins = (node: FieldsNode) =>
    directivesOf(node, "join__type").filter((join) => argumentOf(join, "graph") === self.of);
  const isEntity = (node: FieldsNode) => joins(node).some((join) => argumentOf(join, "key") !== undefined);
  const needed = new Set<string>();
  for (const node of types.values()) {
    for (const join of joins(node)) {
      const key = argumentOf(join, "key");
      if (key !== undefined) addFields(needed, parseFieldSet(key), node.name.value, types);
    }
  }
  for (const { type, selection } of self.moved) addFields(needed, selection, type, types);
  const roots = new Set(["Query", "Mutation", "Subscription"]);
  const has = (type: FieldsNode, field: string): boolean => {
    if (roots.has(type.name.value)) return false;
    if (needed.has(`${type.name.value}.${field}`)) return true;
    if (isEntity(type)) return false;
    // An interface has what all of its objects have.
    return implementing(types, type.name.value)
      .filter((other) => joins(other).length > 0)
      .every((other) => has(other, field));
  };
  return (type, field) => {
    const node = types.get(type);
    return node !== undefined && has(node, field);
  };
}

const withoutExternal = (join: ConstDirectiveNode): ConstDirectiveNode => withoutArgument(join, "external");
