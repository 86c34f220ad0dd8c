import { randomUUID } from "node:crypto";
import { linkSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { domains } from "#db/columns.ts";
import { makeFolder } from "#lib/make-folder.ts";
import { newKey, newSecret } from "./keys.ts";

/** `novacron secrets`: the files that docker-compose.yml mounts. */
export function addSecretsCommand(program: Command): void {
  program
    .command("secrets <folder>")
    .description("make the secrets of an installation apart, a file each; those that are there stay as they are")
    .option("--json", "print as JSON which files were made and which were kept", false)
    .action((folder: string, { json }: { json: boolean }) => {
      const done = makeSecrets(folder);
      const told = [`made: ${listed(done.made)}`, `kept as they were: ${listed(done.kept)}`];
      process.stdout.write(json ? `${JSON.stringify(done)}\n` : `${told.join("\n")}\n`);
    });
}

const listed = (names: readonly string[]): string => names.join(", ") || "none";

/** Of a folder that a run before left incomplete it makes what is missing. */
function makeSecrets(folder: string): { made: string[]; kept: string[] } {
  makeFolder(resolve(folder), 0o700);
  const keyring = () => {
    const { id, secret } = newKey();
    return `${id}:${secret}`;
  };
  const secrets: [name: string, make: () => string][] = [
    ["signing-keys", keyring],
    ["encryption-keys", keyring],
    ["pepper", newSecret],
    ...domains.map((domain): [string, () => string] => [`${domain}-db-password`, newSecret]),
  ];
  const done: { made: string[]; kept: string[] } = { made: [], kept: [] };
  for (const [name, make] of secrets) (addFile(folder, name, `${make()}\n`) ? done.made : done.kept).push(name);
  return done;
}

/** Adds a file that is complete as soon as it is there. @returns false when there is one that holds something */
function addFile(folder: string, name: string, text: string): boolean {
  const path = join(folder, name);
  const draft = join(folder, `.${name}.${randomUUID()}`);
  writeFileSync(draft, text, { mode: 0o600, flag: "wx", flush: true });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    if (statSync(path).size > 0) return false;
    renameSync(draft, path);
    return true;
  } finally {
    rmSync(draft, { force: true });
  }
}
