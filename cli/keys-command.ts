import { type Command, Option } from "commander";
import { domains } from "#db/columns.ts";
import { callerKeys, callerKeysText, type Issuer } from "#lib/trust/call-keys.ts";
import { readKeyring } from "#lib/trust/keyring.ts";
import { problem } from "./auth/problem.ts";
import type { Environment } from "#runtime/environment.ts";
import { calleesOf, issuers } from "#runtime/keys/issuers.ts";
import { keysSettleMs } from "#lib/trust/live-keys.ts";
import { progressBar } from "./progress.ts";
import type { Rotation } from "#runtime/keys/rotate-keys.ts";

interface RotateCommandOptions {
  signing: boolean;
  reseal: boolean;
  removeOld: boolean;
  file?: string;
  dataDir?: string;
  json: boolean;
}

/** Adds `novacron keys`: makes new keys, seals secrets under them, and prints what a subgraph needs of the keys that sign calls. */
export function addKeysCommand(program: Command, environmentOf: (options: { dataDir?: string }) => Environment): void {
  const keys = program.command("keys").description("the keys that sign calls and seal secrets");
  keys
    .command("for <subgraph>")
    .description(
      "print NOVACRON_CALLER_KEYS of a subgraph, with which it accepts a gateway with these NOVACRON_SIGNING_KEYS",
    )
    .addOption(
      new Option(
        "--issuer <name>",
        "accept this caller instead; a subgraph's keys of several callers are joined by commas",
      )
        .choices(issuers)
        .default("gateway"),
    )
    .action((subgraph: string, { issuer }: { issuer: Issuer }) => {
      if (!domains.some((domain) => domain === subgraph))
        throw problem({
          code: "SUBGRAPH_UNKNOWN",
          message: `There is no subgraph ${subgraph}; there are ${domains.join(", ")}.`,
        });
      if (!calleesOf(issuer).some((domain) => domain === subgraph))
        throw problem({
          code: "ISSUER_NOT_ALLOWED",
          message: `${issuer} does not call ${subgraph}; it calls ${calleesOf(issuer).join(", ")}.`,
        });
      const signing = readKeyring("NOVACRON_SIGNING_KEYS");
      process.stdout.write(`${callerKeysText(callerKeys(issuer, signing, subgraph))}\n`);
    });
  keys
    .command("rotate")
    .description(
      "make a new encryption key and seal every secret under it; after an interruption, run it again to resume",
    )
    .option("--signing", "rotate the signing keys instead", false)
    .option(
      "--file <path>",
      "rotate the keys of this file instead, such as secrets/gateway-keys; processes that were started with it follow it",
    )
    .option("--no-reseal", "make the new key only, and run this again to seal secrets under it")
    .option("--remove-old", "make no key; remove the older ones, under which no secret may be sealed any more", false)
    .addOption(new Option("--data-dir <folder>", "where the keys are").env("NOVACRON_DATA_DIR"))
    .option("--json", "print one JSON document", false)
    .action(async (options: RotateCommandOptions) => {
      const { keyId, made, resealed, removed } = options.file
        ? await (await import("#runtime/keys/rotate-key-file.ts")).rotateKeyFile(options.file, options.removeOld)
        : await rotateInstallation(environmentOf(options), options);
      process.stdout.write(
        options.json
          ? `${JSON.stringify({ keyId, made, resealed, removed })}\n`
          : `the ${made ? "new " : ""}key ${keyId} comes first; ${counted(resealed, "secret")} resealed; ${counted(removed.length, "old key")} removed\n`,
      );
    });
}

async function rotateInstallation(environment: Environment, options: RotateCommandOptions): Promise<Rotation> {
  const { rotateKeys } = await import("#runtime/keys/rotate-keys.ts");
  const { withSystems } = await import("#runtime/databases.ts");
  return withSystems(environment, async (systems) => {
    const bar = progressBar();
    const started = performance.now();
    const rotation = await rotateKeys(environment, systems, {
      ...options,
      settleMs: keysSettleMs,
      onProgress: (done, total) =>
        bar.show({ done, total, unit: "rows", ratePerSecond: (done / (performance.now() - started)) * 1_000 }),
    });
    bar.end();
    return rotation;
  });
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
