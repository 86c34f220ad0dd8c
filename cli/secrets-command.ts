import type { Command } from "commander";

/** Adds `novacron secrets`: the files that docker-compose.yml mounts. */
export function addSecretsCommand(program: Command): void {
  program
    .command("secrets <folder>")
    .description(
      "make the secrets of an installation of separate processes, a file each; existing ones stay as they are",
    )
    .option("--json", "print as JSON which files were made and which were kept", false)
    .action(async (folder: string, { json }: { json: boolean }) => {
      const { makeSecrets } = await import("#runtime/keys/make-secrets.ts");
      const done = makeSecrets(folder);
      const lines = [`made: ${listed(done.made)}`, `kept as they were: ${listed(done.kept)}`];
      process.stdout.write(json ? `${JSON.stringify(done)}\n` : `${lines.join("\n")}\n`);
    });
}

const listed = (names: readonly string[]): string => names.join(", ") || "none";
