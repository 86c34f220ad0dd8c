import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";

const supergraphShape = z.object({
  federation_version: z.string(),
  subgraphs: z.record(
    z.string(),
    z.object({
      /** Where the subgraph runs: `in-process`, or the URL of its `/graphql`. */
      routing_url: z.string(),
      schema: z.object({ file: z.string() }),
    }),
  ),
});

export type SupergraphConfig = z.infer<typeof supergraphShape>;

/**
 * Reads `supergraph.yaml`. `SUBGRAPH_URL_<NAME>` in the environment overrides where a subgraph is.
 * @throws Error with everything that is wrong in the file
 */
export function readSupergraphConfig(path: string, env: NodeJS.ProcessEnv = process.env): SupergraphConfig {
  const config = supergraphShape.parse(parse(readFileSync(path, "utf8")));
  for (const [name, subgraph] of Object.entries(config.subgraphs)) {
    subgraph.routing_url = env[`SUBGRAPH_URL_${name.toUpperCase()}`] ?? subgraph.routing_url;
  }
  return config;
}
