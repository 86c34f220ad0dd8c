import { createHash } from "node:crypto";
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { asset } from "#lib/assets.ts";
import type { Domain } from "./columns.ts";

/** How the monitoring database stores series. Some of its migrations have one file for each storage. */
export type MetricStorage = "native" | "timescale";

/** One line of a domain's journal, as drizzle-kit writes it. */
export interface JournalEntry {
  /** The file name without `.sql`. */
  tag: string;
  /** Unix time in milliseconds, which identifies the migration in a database. */
  when: number;
}

/** A migration as it will run. */
export interface MigrationFile extends JournalEntry {
  statements: string[];
  /** SHA-256 of the file, hexadecimal. */
  hash: string;
}

/** Returns the folder of a domain's migrations. */
export const migrationsFolder = (domain: Domain): string => asset(`db/${domain}/migrations`);

/** Returns the domain's migrations, oldest first. */
export const readJournal = async (folder: string): Promise<JournalEntry[]> => {
  const journal = JSON.parse(await readFile(join(folder, "meta/_journal.json"), "utf8")) as { entries: JournalEntry[] };
  return journal.entries;
};

/** Reads one migration. Calls `storage` only when the migration has a file for each metric storage. */
export const readMigration = async (
  folder: string,
  entry: JournalEntry,
  storage: () => Promise<MetricStorage>,
): Promise<MigrationFile> => {
  const single = join(folder, `${entry.tag}.sql`);
  const path = (await exists(single)) ? single : join(folder, `${entry.tag}.${await storage()}.sql`);
  const text = await readFile(path, "utf8");
  return {
    ...entry,
    statements: text.split("--> statement-breakpoint").filter((statement) => statement.trim() !== ""),
    hash: createHash("sha256").update(text).digest("hex"),
  };
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
