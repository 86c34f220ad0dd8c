import { Kind, parse } from "graphql";

/**
 * Returns the URLs of subgraphs by name: from `SUBGRAPH_URL_<NAME>` in the environment, or else from `@join__graph`.
 * @throws Error when the document is not GraphQL
 */
export function subgraphUrls(supergraphSdl: string, env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const urls: Record<string, string> = {};
  for (const definition of parse(supergraphSdl, { noLocation: true }).definitions) {
    if (definition.kind !== Kind.ENUM_TYPE_DEFINITION || definition.name.value !== "join__Graph") continue;
    for (const { directives = [] } of definition.values ?? []) {
      const graph = directives.find(({ name }) => name.value === "join__graph");
      const text = (argument: string): string => {
        const value = graph?.arguments?.find(({ name }) => name.value === argument)?.value;
        return value?.kind === Kind.STRING ? value.value : "";
      };
      if (graph) urls[text("name")] = env[`SUBGRAPH_URL_${text("name").toUpperCase()}`] ?? text("url");
    }
  }
  return urls;
}
