import { globSync } from "tinyglobby";
import type { Changes } from "#db/changes.ts";
import type { Domain } from "#db/columns.ts";
import { asset } from "#lib/assets.ts";

/** Returns what the files of a domain's writers declare about the events of their tables. */
export async function changesIn(domain: Domain): Promise<Changes[]> {
  const files = globSync(`db/${domain}/{changes,*-writes}.ts`).toSorted();
  const modules = await Promise.all(files.map((file) => import(asset(file)) as Promise<object>));
  return modules
    .flatMap((exported) => Object.entries(exported) as [string, Changes][])
    .flatMap(([name, value]) => (name.endsWith("Changes") ? [value] : []));
}
