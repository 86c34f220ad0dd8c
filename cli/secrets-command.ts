import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { domains } from "#db/columns.ts";
import { newKey, newSecret } from "./keys.ts";

/** `novacron secrets`: the files that docker-compose.yml mounts. */
export function addSecretsCommand(program: Command): void {
  program
    .command("secrets <folder>")
    .description("make the secrets of an installation apart, a file each; those that are there stay as they are")
    .option("--json", "print the names of the files that were made as JSON", false)
    .action((folder: string, { json }: { json: boolean }) => {
      const made = makeSecrets(folder);
      process.stdout.write(
        json ? `${JSON.stringify(made)}\n` : `${made.length} made: ${made.join(", ") || "all are there"}\n`,
      );
    });
}

/** @returns the names of the files that were not there */
function makeSecrets(folder: string): string[] {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
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
  return secrets.flatMap(([name, make]) => {
    try {
      writeFileSync(join(folder, name), `${make()}\n`, { mode: 0o600, flag: "wx" });
      return [name];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return [];
      throw error;
    }
  });
}
