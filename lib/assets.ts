import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds the product's files: the checkout, or `dist/` when the code runs from a bundle. */
const root = findRoot(dirname(fileURLToPath(import.meta.url)));

/** Returns the absolute path of a file that ships with the code, such as `subgraphs/vms/schema.graphql`. */
export const asset = (path: string): string => join(root, path);

function findRoot(folder: string): string {
  if (existsSync(join(folder, "supergraph.yaml"))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error("supergraph.yaml is not next to the code.");
  return findRoot(parent);
}
