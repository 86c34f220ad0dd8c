import { readFileSync } from "node:fs";

/** One row of a table of `docs/seed-columns.md`. */
export interface SeedPlace {
  kind: "Columns" | "Enum values" | "Indexes";
  /** `table.column`, `enum.value` or `index`, as named in the seed. */
  seed: string;
  database: string;
  /** The table, or the enum. */
  place: string;
  /** The column, value or index. */
  name: string;
}

const row = /^\| `([^`]+)` *\| (\w+) *\| `([^`]+)` *\| `([^`]+)` *\|/;

export const readSeedColumns = (): SeedPlace[] => {
  const text = readFileSync(new URL("../../docs/seed-columns.md", import.meta.url), "utf8");
  const places: SeedPlace[] = [];
  for (const section of text.split(/^### /m).slice(1)) {
    const [kind, ...lines] = section.split("\n");
    for (const line of lines) {
      const [, seed, database, place, name] = row.exec(line) ?? [];
      if (seed !== undefined && database !== undefined && place !== undefined && name !== undefined) {
        places.push({ kind: kind as SeedPlace["kind"], seed, database, place, name });
      }
    }
  }
  return places;
};
