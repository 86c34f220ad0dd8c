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
 * Reads `supergraph.yaml`.
 * @throws Error with everything that is wrong in the file
 */
export const readSupergraphConfig = (path: string): SupergraphConfig =>
  supergraphShape.parse(parse(readFileSync(path, "utf8")));
