import { globSync } from "tinyglobby";
import type { Changes } from "#db/changes.ts";
import type { Domain } from "#db/columns.ts";
import { asset } from "#lib/assets.ts";

/** Returns what a domain declares about the events of its tables: `changes.ts`, or the file of a table. */
export async function changesIn(domain: Domain): Promise<Changes[]> {
  const files = globSync(`db/${domain}/*.ts`, { ignore: "**/*.test.ts" }).toSorted();
  const modules = await Promise.all(files.map((file) => import(asset(file)) as Promise<object>));
  return modules
    .flatMap((exported) => Object.entries(exported) as [string, Changes][])
    .flatMap(([name, value]) => (name.endsWith("Changes") ? [value] : []));
}
