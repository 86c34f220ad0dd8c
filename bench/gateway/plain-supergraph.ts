import { Kind, parse, print, visit } from "graphql";

/** The directives that protect the graph, and that stop a gateway that does not know them. */
const guards = ["authenticated", "requiresScopes", "policy"];

/** Returns a supergraph without these directives, whose subgraphs are at `urls`: one that every gateway accepts. */
export function plainSupergraph(sdl: string, urls: ReadonlyMap<string, string>): string {
  const document = visit(parse(sdl, { noLocation: true }), {
    // Hive's Rust planner cannot read the description of a schema.
    SchemaDefinition: (schema) => ({ ...schema, description: undefined }),
    DirectiveDefinition: ({ name }) => (guards.includes(name.value) ? null : undefined),
    ScalarTypeDefinition: ({ name }) =>
      guards.some((guard) => name.value.startsWith(`${guard}__`)) ? null : undefined,
    Directive: (directive) => {
      if (guards.includes(directive.name.value)) return null;
      const texts = new Map(
        directive.arguments?.flatMap(({ name, value }) =>
          value.kind === Kind.STRING ? [[name.value, value.value] as const] : [],
        ),
      );
      if (directive.name.value === "link" && guards.some((guard) => texts.get("url")?.includes(`/${guard}/`)))
        return null;
      const url = directive.name.value === "join__graph" ? urls.get(texts.get("name") ?? "") : undefined;
      if (url === undefined) return undefined;
      return {
        ...directive,
        arguments: directive.arguments?.map((argument) =>
          argument.name.value === "url" ? { ...argument, value: { kind: Kind.STRING as const, value: url } } : argument,
        ),
      };
    },
  });
  return print(document);
}
