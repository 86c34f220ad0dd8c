import {
  type ConstDirectiveNode,
  DirectiveLocation,
  type DirectiveDefinitionNode,
  type DirectiveNode,
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  type SchemaDefinitionNode,
  type SchemaExtensionNode,
} from "graphql";
import { isCondition } from "../operation.ts";

const executable: ReadonlySet<string> = new Set([
  DirectiveLocation.QUERY,
  DirectiveLocation.MUTATION,
  DirectiveLocation.SUBSCRIPTION,
  DirectiveLocation.FIELD,
  DirectiveLocation.FRAGMENT_DEFINITION,
  DirectiveLocation.FRAGMENT_SPREAD,
  DirectiveLocation.INLINE_FRAGMENT,
  DirectiveLocation.VARIABLE_DEFINITION,
]);

/**
 * Returns the supergraph without links that bring directives of operations. Apollo's model hides from clients everything that a `@link` brings, directives
 * of operations too. So operations are planned over a supergraph without such links. A link that states its purpose stays: a gateway that does not know it
 * must refuse it.
 */
export function withExecutableDirectives(document: DocumentNode): DocumentNode {
  const forClients = document.definitions.filter(
    (node): node is DirectiveDefinitionNode =>
      node.kind === Kind.DIRECTIVE_DEFINITION && node.locations.some(({ value }) => executable.has(value)),
  );
  const brings = (link: ConstDirectiveNode) => forClients.some(({ name }) => isBroughtBy(link, name.value));
  const stays = (each: ConstDirectiveNode) => each.name.value !== "link" || hasArgument(each, "for") || !brings(each);
  let changed = false;
  const definitions = document.definitions.map((node) => {
    if (!isSchema(node) || (node.directives ?? []).every(stays)) return node;
    changed = true;
    return { ...node, directives: (node.directives ?? []).filter(stays) };
  });
  return changed ? { ...document, definitions } : document;
}

const isSchema = (node: DocumentNode["definitions"][number]): node is SchemaDefinitionNode | SchemaExtensionNode =>
  node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION;

const valueOf = ({ arguments: given = [] }: ConstDirectiveNode, name: string) =>
  given.find((argument) => argument.name.value === name)?.value;

const hasArgument = (node: ConstDirectiveNode, name: string): boolean => {
  const value = valueOf(node, name);
  return value !== undefined && value.kind !== Kind.NULL;
};

/** Returns whether a directive has its name from a link: as an import, as the name of its feature, or with that name as a prefix. */
function isBroughtBy(link: ConstDirectiveNode, directive: string): boolean {
  const imports = valueOf(link, "import");
  const imported = (imports?.kind === Kind.LIST ? imports.values : []).flatMap((value) => {
    if (value.kind === Kind.STRING) return value.value;
    const fields = value.kind === Kind.OBJECT ? value.fields : [];
    const named = ["as", "name"].flatMap((key) => fields.find(({ name }) => name.value === key)?.value ?? [])[0];
    return named?.kind === Kind.STRING ? named.value : [];
  });
  if (imported.includes(`@${directive}`)) return true;
  const [as, url] = [valueOf(link, "as"), valueOf(link, "url")];
  const feature = as?.kind === Kind.STRING ? as.value : url?.kind === Kind.STRING ? nameIn(url.value) : undefined;
  return feature !== undefined && (directive === feature || directive.startsWith(`${feature}__`));
}

/** `https://specs.example/access/v1.0` → `access` */
const nameIn = (url: string): string | undefined =>
  url
    .split("/")
    .filter((part) => part !== "" && !/^v\d+\.\d+$/.test(part))
    .at(-1);

/**
 * Returns the directives of a selection or an operation that are for subgraphs. An omitted argument gets the default of the supergraph, because a subgraph
 * may have none.
 */
export const forSubgraphs = (
  schema: GraphQLSchema,
  { directives = [] }: { readonly directives?: readonly DirectiveNode[] | undefined },
): DirectiveNode[] =>
  directives.flatMap((node) => {
    if (isCondition(node)) return [];
    const given = node.arguments ?? [];
    const defaults = (schema.getDirective(node.name.value)?.args ?? []).flatMap(({ name, astNode }) =>
      astNode?.defaultValue && !given.some((argument) => argument.name.value === name)
        ? [{ kind: Kind.ARGUMENT as const, name: astNode.name, value: astNode.defaultValue }]
        : [],
    );
    return defaults.length > 0 ? { ...node, arguments: [...given, ...defaults] } : node;
  });
