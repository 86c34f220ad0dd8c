import { type Command, Option } from "commander";
import { existsSync } from "node:fs";
import { onStop } from "#lib/process/stop-signals.ts";
import type { Environment } from "#runtime/environment.ts";
import type { FleetDatabases, ImportOptions, Tenant } from "#import/fleet.ts";
import { administratorFile, readAdministrator } from "#runtime/administrator-file.ts";

interface ImportCommandOptions {
  tenant?: string;
  keepTimes?: boolean;
  generateHistory: boolean;
  json: boolean;
  dataDir?: string;
}

type RunImport = (
  databases: FleetDatabases,
  path: string,
  options: ImportOptions & { keepTimes?: boolean },
) => Promise<object>;

/** Adds `novacron import DATASET PATH`: one sub-command per data set, with the same options and output. */
export function addImportCommand(
  program: Command,
  environmentOf: (options: { dataDir?: string }) => Environment,
  print: (line: string) => void,
): void {
  const command = program
    .command("import")
    .description("read recorded data into a tenant: streamed, resumable, idempotent");
  const dataset = (name: string, description: string, run: RunImport, keepTimes = false) => {
    const sub = command
      .command(name)
      .description(description)
      .argument("<path>", "file, gzip or not, or a folder with such files")
      .option(
        "--tenant <name>",
        "the tenant that gets the data, by its name or its id; a name that is new makes one (default: the tenant of admin.json's key: `default`, or `demo` where there is a demo fleet)",
      )
      .option(
        "--generate-history",
        "also generate data that traces lack, for the tenant's VMs: alerts, migrations, violations, snapshots",
        false,
      )
      .addOption(new Option("--data-dir <folder>", "where the embedded server's data are").env("NOVACRON_DATA_DIR"))
      .option("--json", "print the result as JSON, and no progress", false)
      .action((path: string, options: ImportCommandOptions) => runImport(run, path, options, environmentOf, print));
    if (keepTimes) sub.option("--keep-times", "keep the trace's times, and protect its samples from retention", false);
  };
  dataset(
    "bitbrains",
    "samples of VMs (GWA-T-12): VMs, samples, hourly rollup",
    async (...args) => (await import("#import/bitbrains.ts")).importBitbrains(...args),
    true,
  );
  dataset("openb", "nodes of a cluster, on which the tenant's VMs are placed", async (...args) =>
    (await import("#import/openb.ts")).importOpenb(...args),
  );
  dataset("cloud-prices", "price catalogue, providers, and provider twins of the fleet", async (...args) =>
    (await import("#import/cloud-prices.ts")).importCloudPrices(...args),
  );
}

async function runImport(
  run: RunImport,
  path: string,
  options: ImportCommandOptions,
  environmentOf: (options: { dataDir?: string }) => Environment,
  print: (line: string) => void,
): Promise<void> {
  const { withFleet } = await import("#runtime/with-fleet.ts");
  const { tenantOfImport } = await import("#import/tenant.ts");
  const { progressBar } = await import("./progress.ts");
  const stopping = new AbortController();
  const forgetSignals = onStop(() => stopping.abort());
  const environment = environmentOf(options);
  const quiet = options.json ? () => undefined : print;
  try {
    await withFleet(environment, "command:import", quiet, async ({ databases, system }) => {
      const bar = options.json ? undefined : progressBar(process.stderr);
      try {
        const tenant = await tenantOfImport({ auth: databases.auth, system }, options.tenant);
        const result = await run(databases, path, {
          tenant,
          history: options.generateHistory,
          signal: stopping.signal,
          keepTimes: options.keepTimes ?? false,
          ...(bar ? { onProgress: (progress) => bar.show(progress) } : {}),
        });
        bar?.end();
        const summary = { tenant: tenant.name, ...result };
        process.stdout.write(options.json ? `${JSON.stringify(summary)}\n` : `${describe(summary)}\n`);
        const way = wayToSee(environment.dataDir, tenant);
        if (way) quiet(way);
        if ((result as { truncated?: boolean }).truncated) process.exitCode = 1;
      } finally {
        bar?.end();
      }
    });
  } finally {
    forgetSignals();
  }
}

/** Returns how to see a tenant that the key of admin.json does not act in; undefined when there is nothing to explain. */
function wayToSee(dataDir: string, { id, name }: Tenant): string | undefined {
  const path = administratorFile(dataDir);
  if (!existsSync(path) || readAdministrator(path).tenantId === id) return undefined;
  return `The key in ${path} acts in another tenant. \`novacron key create admin --name ${name} --scopes '*' --acts-in ${name}\` makes one that sees this data; signIn takes tenantId: "${id}".`;
}

/** Returns one line per figure; the entries of a list follow it on lines of their own. */
function describe(result: object): string {
  return Object.entries(result)
    .map(([name, value]) => {
      const label = name.replaceAll(/([A-Z])/g, " $1").toLowerCase();
      if (Array.isArray(value))
        return [`${label}: ${value.length}`, ...value.map((item) => `  ${String(item)}`)].join("\n");
      return `${label}: ${typeof value === "number" ? value.toLocaleString("en") : String(value)}`;
    })
    .join("\n");
}
