import { createHash } from "node:crypto";
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { asset } from "#lib/assets.ts";
import type { Domain } from "./columns.ts";

/** How the monitoring database stores series. Some of its migrations have one file for each storage. */
export type MetricStorage = "native" | "timescale";

/** One line of a journal, as drizzle-kit writes it. */
export interface JournalEntry {
  /** The file name without `.sql`: a number and the migration's name. */
  tag: string;
  /** Unix time in milliseconds, which identifies the migration in a database. */
  when: number;
}

/** A migration as it will run. */
export interface MigrationFile extends JournalEntry {
  statements: string[];
  /** SHA-256 of the text that runs, hexadecimal. */
  hash: string;
}

/** Returns the folder of a domain's migrations. */
export const migrationsFolder = (domain: Domain): string => asset(`db/${domain}/migrations`);

/** The migrations of the tables that every database has: templates, in which `{{domain}}` is the name of the domain. */
export const commonMigrationsFolder: string = asset("db/common/migrations");

/** Returns the migrations of a folder, oldest first. */
export const readJournal = async (folder: string): Promise<JournalEntry[]> => {
  const journal = JSON.parse(await readFile(join(folder, "meta/_journal.json"), "utf8")) as { entries: JournalEntry[] };
  return journal.entries;
};

/**
 * Returns the migrations of a domain's database, oldest first: the domain's own and those that every database has. The oldest domains had some of the latter
 * before these were templates. Their journals list such a migration themselves, under its name and with the time that identifies it in their databases.
 * @param folder the folder of the domain's own migrations
 */
export const domainJournal = async (
  domain: Domain,
  folder: string = migrationsFolder(domain),
): Promise<JournalEntry[]> => {
  const own = await readJournal(folder);
  const listed = new Set(own.map(nameOf));
  const common = (await readJournal(commonMigrationsFolder)).filter((entry) => !listed.has(nameOf(entry)));
  return [...own, ...common].toSorted((one, other) => one.when - other.when);
};

/** Reads one migration: the folder's own file or else the template of the same name. Calls `storage` only when it has a file for each metric storage. */
export const readMigration = async (
  { domain, folder }: { domain: Domain; folder: string },
  entry: JournalEntry,
  storage: () => Promise<MetricStorage>,
): Promise<MigrationFile> => {
  const path = (await singleFile(folder, entry)) ?? join(folder, `${entry.tag}.${await storage()}.sql`);
  const text = (await included(await readFile(path, "utf8"))).replaceAll("{{domain}}", domain);
  return {
    ...entry,
    statements: text.split("--> statement-breakpoint").filter((statement) => statement.trim() !== ""),
    hash: createHash("sha256").update(text).digest("hex"),
  };
};

const singleFile = async (folder: string, entry: JournalEntry): Promise<string | undefined> => {
  const own = join(folder, `${entry.tag}.sql`);
  if (await exists(own)) return own;
  const template = (await readJournal(commonMigrationsFolder)).find((each) => nameOf(each) === nameOf(entry));
  return template && join(commonMigrationsFolder, `${template.tag}.sql`);
};

/** Returns the text with each line `--> include <file>` replaced by that file: SQL that several migrations have in common. */
const included = async (text: string): Promise<string> => {
  const pieces = text.split(/^--> include (\S+)\n/m).map(async (piece, at) => {
    const isName = at % 2 === 1;
    return isName ? readFile(join(commonMigrationsFolder, "parts", piece), "utf8") : piece;
  });
  return (await Promise.all(pieces)).join("");
};

const nameOf = ({ tag }: JournalEntry): string => tag.replace(/^\d+_/, "");

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
