import { type DocumentNode, Kind, parse, parseConstValue, visit } from "graphql";
import { directive } from "../supergraph-ast.ts";

/** The directive that hides a field from clients. */
export const inaccessible = "inaccessible";
const inaccessibleUrl = "https://specs.apollo.dev/inaccessible/v0.2";

/** Defines the directive in a supergraph that lacks it because it hides nothing else from clients. */
export function withInaccessible(document: DocumentNode): DocumentNode {
  const known = document.definitions.some(
    (node) => node.kind === Kind.DIRECTIVE_DEFINITION && node.name.value === inaccessible,
  );
  if (known) return document;
  const link = directive("link", {
    url: parseConstValue(JSON.stringify(inaccessibleUrl)),
    for: { kind: Kind.ENUM, value: "SECURITY" },
  });
  const linked = visit(document, {
    SchemaDefinition: (node) => ({ ...node, directives: [...(node.directives ?? []), link] }),
  });
  const { definitions } = parse(`directive @${inaccessible} on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
    | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION`);
  return { ...linked, definitions: [...linked.definitions, ...definitions] };
}
