import {
  type ConstArgumentNode,
  type ConstDirectiveNode,
  type ConstValueNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  type SelectionSetNode,
  type TypeNode,
} from "graphql";

/** A type with fields. */
export type FieldsNode = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode;

export const hasFields = (node: DefinitionNode): node is FieldsNode =>
  node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.INTERFACE_TYPE_DEFINITION;

/** Types with fields, by their names. */
export type TypesWithFields = ReadonlyMap<string, FieldsNode>;

export const typesIn = ({ definitions }: DocumentNode): TypesWithFields =>
  new Map(definitions.filter(hasFields).map((node) => [node.name.value, node]));

/** Returns the types that declare that they implement this interface; none when the name is not an interface. */
export const implementing = (types: TypesWithFields, name: string): FieldsNode[] =>
  [...types.values()].filter(({ interfaces }) => interfaces?.some((one) => one.name.value === name));

export const fieldNamed = ({ fields = [] }: FieldsNode, name: string): FieldDefinitionNode | undefined =>
  fields.find((field) => field.name.value === name);

export const namedType = (type: TypeNode): string =>
  type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);

/** Parses the value of `@key`, `@requires` or `@provides` as a selection. */
export function parseFieldSet(text: string): SelectionSetNode {
  const [definition] = parse(`{ ${text} }`, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`${text} is not a selection of fields.`);
  return definition.selectionSet;
}

export const directivesOf = (
  { directives = [] }: { readonly directives?: readonly ConstDirectiveNode[] },
  name: string,
): ConstDirectiveNode[] => directives.filter((each) => each.name.value === name);

/** Returns a directive's argument as text; undefined when it is not given. */
export function argumentOf(node: ConstDirectiveNode, name: string): string | undefined {
  const value = node.arguments?.find((argument) => argument.name.value === name)?.value;
  return value && "value" in value ? String(value.value) : undefined;
}

export function directive(name: string, given: Readonly<Record<string, ConstValueNode>> = {}): ConstDirectiveNode {
  const bare: ConstDirectiveNode = { kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: name }, arguments: [] };
  return Object.entries(given).reduce((node, [argument, value]) => withArgument(node, argument, value), bare);
}

/** Returns the directive with another value for an argument. */
export function withArgument(node: ConstDirectiveNode, name: string, value: ConstValueNode): ConstDirectiveNode {
  const others = (node.arguments ?? []).filter((argument) => argument.name.value !== name);
  const argument: ConstArgumentNode = { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: name }, value };
  return { ...node, arguments: [...others, argument] };
}

export const withoutArgument = (node: ConstDirectiveNode, name: string): ConstDirectiveNode => ({
  ...node,
  arguments: node.arguments?.filter((argument) => argument.name.value !== name),
});

/** Returns whether a `@join__type` gives a key by which its subgraph finds an entity. */
export const isResolvableKey = (join: ConstDirectiveNode): boolean =>
  argumentOf(join, "key") !== undefined && argumentOf(join, "resolvable") !== "false";

/** Yields type and field of everything in a selection. */
export function* fieldsIn(
  { selections }: SelectionSetNode,
  typeName: string,
  types: TypesWithFields,
): Generator<[type: string, field: string]> {
  for (const selection of selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      yield* fieldsIn(selection.selectionSet, selection.typeCondition?.name.value ?? typeName, types);
      continue;
    }
    const type = types.get(typeName);
    const field = type && fieldNamed(type, selection.name.value);
    if (!field) continue;
    yield [typeName, field.name.value];
    if (selection.selectionSet) yield* fieldsIn(selection.selectionSet, namedType(field.type), types);
  }
}

/** Adds every field of a selection (`Item.price`), and for fields of an interface those of the types behind it. */
export function addFields(
  to: Set<string>,
  selection: SelectionSetNode,
  typeName: string,
  types: TypesWithFields,
): void {
  for (const [owner, field] of fieldsIn(selection, typeName, types)) {
    to.add(`${owner}.${field}`);
    for (const { name } of implementing(types, owner)) to.add(`${name.value}.${field}`);
  }
}
