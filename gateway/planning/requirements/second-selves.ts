import { type ConstDirectiveNode, type DocumentNode, Kind, type SelectionSetNode, visit } from "graphql";
import {
  argumentOf,
  directive,
  directivesOf,
  fieldNamed,
  fieldsIn,
  type FieldsNode,
  implementing,
  namedType,
  parseFieldSet,
  typesIn,
  type TypesWithFields,
  withArgument,
} from "./supergraph-ast.ts";
import type { Requirement, StoodFor } from "./terms.ts";

/** A part of a subgraph that is planned as if it were a subgraph: nothing but keys, value types and the fields that moved here. */
interface SecondSelf {
  /** In the enum `join__Graph`. */
  name: string;
  of: string;
  moved: Requirement[];
}

export interface Divided {
  document: DocumentNode;
  /** Second self → the subgraph, by the names that plans have for subgraphs. */
  selves: Map<string, string>;
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
  const types = typesIn(document);
  const placed = requirements.map((requirement) => ({
    requirement,
    paths: pathsOf(requirement.selection, requirement.type, { types, standIns }),
  }));
  return divide(placed, requiredFields(types, requirements)).reduce<Divided>((divided, self) => added(divided, self), {
    document,
    selves: new Map(),
  });
}

/** Whether a field is in the requirement of another. */
function requiredFields(types: TypesWithFields, requirements: readonly Requirement[]): (one: Requirement) => boolean {
  const required = new Set<string>();
  for (const { selection, type } of requirements) addFields(required, selection, type, types);
  return ({ type, field }) => required.has(`${type}.${field}`);
}

/** Adds every field of a selection (`Item.price`), and for fields of an interface those of the types behind it. */
function addFields(to: Set<string>, selection: SelectionSetNode, typeName: string, types: TypesWithFields): void {
  for (const [owner, field] of fieldsIn(selection, typeName, types)) {
    to.add(`${owner}.${field}`);
    for (const { name } of implementing(types, owner)) to.add(`${name.value}.${field}`);
  }
}

/** What a requirement puts into a representation: path of a field → what stands there. */
interface Placed {
  requirement: Requirement;
  paths: ReadonlyMap<string, string>;
}

function divide(requirements: readonly Placed[], isRequired: (one: Requirement) => boolean): SecondSelf[] {
  const selves: SecondSelf[] = [];
  /** By graph or second self: path of a field in the representation → what stands there. */
  const taken = new Map<string, Map<string, string>>();
  const finds = (name: string, paths: ReadonlyMap<string, string>): boolean => {
    const there = taken.get(name) ?? new Map<string, string>();
    for (const [path, field] of paths) if ((there.get(path) ?? field) !== field) return false;
    taken.set(name, new Map([...there, ...paths]));
    return true;
  };
  for (const { requirement, paths } of requirements) {
    if (!isRequired(requirement) && finds(requirement.graph, paths)) continue;
    const others = selves.filter(({ of }) => of === requirement.graph);
    const room = others.find(({ name }) => finds(name, paths));
    if (room) room.moved.push(requirement);
    else {
      const name = `${requirement.graph}__SELF_${others.length + 2}`;
      finds(name, paths);
      selves.push({ name, of: requirement.graph, moved: [requirement] });
    }
  }
  return selves;
}

interface Known {
  types: TypesWithFields;
  standIns: ReadonlyMap<string, StoodFor>;
}

/**
 * Where each field would stand in a representation, and which it is: itself, or one that stands for it with arguments. A field that is required of
 * some types alone is another than that of all: a representation names no types inside.
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
    const field = known.standIns.get(name)?.field ?? name;
    const path = `${above}/${field}`;
    // What one requirement asks of all objects it asks of those of its fragments too.
    if (conditions === "" || !found.has(path)) found.set(path, `${name}${conditions}`);
    if (!selection.selectionSet) continue;
    const definition = type && fieldNamed(type, field);
    const inner = definition && namedType(definition.type);
    pathsOf(selection.selectionSet, inner, known, { above: path, conditions }, found);
  }
  return found;
}

function added({ document, selves }: Divided, self: SecondSelf): Divided {
  const isThere = presence(document, self);
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
      names.set(name, real);
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
      const mine = joins.filter(ofOriginal).map(forSelf);
      if (moved.has(field.name.value))
        return { ...field, directives: [...others, ...joins.filter((join) => !ofOriginal(join)), ...mine] };
      return {
        ...field,
        directives: [...others, ...joins, ...(isThere(node.name.value, field.name.value) ? mine : [])],
      };
    });
  }

  return { document: divided, selves: names };
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
