import {
  type ConstArgumentNode,
  type ConstDirectiveNode,
  type ConstValueNode,
  type DefinitionNode,
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

export const fieldNamed = ({ fields = [] }: FieldsNode, name: string): FieldDefinitionNode | undefined =>
  fields.find((field) => field.name.value === name);

export const namedType = (type: TypeNode): string =>
  type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);

/** What `@key`, `@requires` and `@provides` hold, as a selection. */
export function parseFieldSet(text: string): SelectionSetNode {
  const [definition] = parse(`{ ${text} }`, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`${text} is no selection of fields.`);
  return definition.selectionSet;
}

export const directivesOf = (
  { directives = [] }: { readonly directives?: readonly ConstDirectiveNode[] },
  name: string,
): ConstDirectiveNode[] => directives.filter((each) => each.name.value === name);

/** A directive's argument as text; undefined when it is not given. */
export function argumentOf(node: ConstDirectiveNode, name: string): string | undefined {
  const value = node.arguments?.find((argument) => argument.name.value === name)?.value;
  return value && "value" in value ? String(value.value) : undefined;
}

export function directive(name: string, given: Readonly<Record<string, ConstValueNode>> = {}): ConstDirectiveNode {
  const bare: ConstDirectiveNode = { kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: name }, arguments: [] };
  return Object.entries(given).reduce((node, [argument, value]) => withArgument(node, argument, value), bare);
}

/** The directive with another value for an argument. */
export function withArgument(node: ConstDirectiveNode, name: string, value: ConstValueNode): ConstDirectiveNode {
  const others = (node.arguments ?? []).filter((argument) => argument.name.value !== name);
  const argument: ConstArgumentNode = { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: name }, value };
  return { ...node, arguments: [...others, argument] };
}
