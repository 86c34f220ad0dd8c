import { type Command, Option } from "commander";
import type { Environment } from "./environment.ts";
import { progressBar } from "./progress.ts";

interface RotateCommandOptions {
  signing: boolean;
  reseal: boolean;
  removeOld: boolean;
  dataDir?: string;
  json: boolean;
}

/** `novacron keys rotate`: new keys, and secrets sealed under them. */
export function addKeysCommand(program: Command, environmentOf: (options: { dataDir?: string }) => Environment): void {
  program
    .command("keys")
    .description("the keys that sign calls and seal secrets")
    .command("rotate")
    .description("make a new encryption key and seal every secret under it; run again, it goes on where it was stopped")
    .option("--signing", "rotate the signing keys instead", false)
    .option("--no-reseal", "make the new key only; then restart what runs, and run this again")
    .option("--remove-old", "make no key; take away the older ones, which nothing may be sealed under any more", false)
    .addOption(new Option("--data-dir <folder>", "where the keys are").env("NOVACRON_DATA_DIR"))
    .option("--json", "print one JSON document", false)
    .action(async (options: RotateCommandOptions) => {
      const environment = environmentOf(options);
      const { rotateKeys } = await import("./rotate-keys.ts");
      const { withSystems } = await import("./databases.ts");
      await withSystems(environment, async (systems) => {
        const bar = progressBar();
        const started = performance.now();
        const rotation = await rotateKeys(environment, systems, {
          ...options,
          onProgress: (done, total) =>
            bar.show({ done, total, unit: "rows", ratePerSecond: (done / (performance.now() - started)) * 1_000 }),
        });
        bar.end();
        const { keyId, made, resealed, removed } = rotation;
        process.stdout.write(
          options.json
            ? `${JSON.stringify(rotation)}\n`
            : `the ${made ? "new " : ""}key ${keyId} is in front; ${resealed} secrets sealed anew; ${removed.length} old keys removed\n`,
        );
      });
    });
}
