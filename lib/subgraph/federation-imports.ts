import { type ConstDirectiveNode, type ConstValueNode, type DefinitionNode, Kind } from "graphql";

/** Adds names of federation's directives, as `@shareable`, to those that a subgraph's schema imports. */
export const withImports = (
  definitions: readonly DefinitionNode[],
  names: readonly string[],
): readonly DefinitionNode[] =>
  definitions.map((node) =>
    node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION
      ? { ...node, directives: node.directives?.map((directive) => importing(directive, names)) }
      : node,
  );

function importing(link: ConstDirectiveNode, names: readonly string[]): ConstDirectiveNode {
  if (!isFederation(link)) return link;
  const added = (values: readonly ConstValueNode[]): ConstValueNode[] => {
    const present = new Set(values.map((value) => (value.kind === Kind.STRING ? value.value : undefined)));
    return names.filter((name) => !present.has(name)).map((value) => ({ kind: Kind.STRING, value }));
  };
  return {
    ...link,
    arguments: link.arguments?.map((argument) =>
      argument.name.value === "import" && argument.value.kind === Kind.LIST
        ? {
            ...argument,
            value: { ...argument.value, values: [...argument.value.values, ...added(argument.value.values)] },
          }
        : argument,
    ),
  };
}

const isFederation = ({ name, arguments: given }: ConstDirectiveNode): boolean =>
  name.value === "link" &&
  given?.some(
    ({ name: argument, value }) =>
      argument.value === "url" &&
      value.kind === Kind.STRING &&
      value.value.startsWith("https://specs.apollo.dev/federation/"),
  ) === true;
