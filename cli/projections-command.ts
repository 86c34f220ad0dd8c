import { type Command, Option } from "commander";
import { setTimeout as delay } from "node:timers/promises";
import { setConsumerPosition } from "#db/event-log/consumer.ts";
import { consumerLags } from "#db/event-log/lag.ts";
import {
  checkVmProjection,
  type ProjectionReport,
  rebuildVmProjection,
  vmProjectionConsumer,
} from "#db/projections/vm-projection.ts";
import type { Databases } from "#runtime/databases.ts";
import type { Environment } from "#runtime/environment.ts";

const targets = ["monitoring", "scheduler"] as const;
type Target = (typeof targets)[number];

interface ProjectionOptions {
  in?: Target;
  dataDir?: string;
  json: boolean;
}

/** How long to wait for a consumer that is behind, before the events that it lacks count as differences. */
const patienceMs = 5_000;

/** Adds `novacron projections check|rebuild`: checks the copies that domains keep of each other's data, and rebuilds them. */
export function addProjectionsCommand(
  program: Command,
  environmentOf: (options: { dataDir?: string }) => Environment,
): void {
  const command = program.command("projections").description("the copies that domains keep of the vms domain's VMs");
  const sub = (name: string, description: string, run: (systems: Databases, target: Target) => Promise<object>) =>
    command
      .command(name)
      .description(description)
      .addOption(new Option("--in <database>", "only the projection in this database").choices([...targets]))
      .addOption(new Option("--data-dir <folder>", "where the embedded server's data are").env("NOVACRON_DATA_DIR"))
      .option("--json", "print one JSON document", false)
      .action(async (options: ProjectionOptions) => {
        await eachTarget(environmentOf(options), options, run);
      });
  sub("check", "compare every VM of a projection with its source; exit code 1 when they differ", check);
  sub("rebuild", "rebuild a projection from its source, with or without a running server", rebuild);
}

async function eachTarget(
  environment: Environment,
  options: ProjectionOptions,
  run: (systems: Databases, target: Target) => Promise<object>,
): Promise<void> {
  const { withSystems } = await import("#runtime/databases.ts");
  await withSystems(environment, async (systems) => {
    const results: Record<string, object> = {};
    for (const target of options.in ? [options.in] : targets) results[target] = await run(systems, target);
    process.stdout.write(options.json ? `${JSON.stringify(results)}\n` : describe(results));
  });
}

async function check(systems: Databases, target: Target): Promise<ProjectionReport & { behind: number }> {
  const databases = { source: systems.vms, target: systems[target] };
  const until = Date.now() + patienceMs;
  for (;;) {
    const lags = await consumerLags(systems[target], (source) => systems[source]);
    const behind = lags.find(({ consumer }) => consumer === vmProjectionConsumer.name)?.events ?? 0;
    const report = await checkVmProjection(databases);
    const wrong = report.missing.length + report.extra.length + report.different.length;
    if (wrong === 0 || (behind === 0 && Date.now() > until - patienceMs / 2) || Date.now() > until) {
      if (wrong > 0) process.exitCode = 1;
      return { ...report, behind };
    }
    await delay(250);
  }
}

async function rebuild(systems: Databases, target: Target): Promise<{ vms: number }> {
  const databases = { source: systems.vms, target: systems[target] };
  const position = await rebuildVmProjection(databases);
  await setConsumerPosition(systems[target], vmProjectionConsumer, position);
  return { vms: (await checkVmProjection(databases)).vms };
}

/** Returns one line per projection: counts, and the ids of the differences. */
function describe(results: Readonly<Record<string, object>>): string {
  return Object.entries(results)
    .map(([target, result]) => {
      const parts = Object.entries(result).map(([name, value]) =>
        Array.isArray(value)
          ? `${name} ${value.length}${value.length > 0 ? ` (${value.slice(0, 5).join(", ")}${value.length > 5 ? ", …" : ""})` : ""}`
          : `${name} ${String(value)}`,
      );
      return `${target}: ${parts.join(", ")}\n`;
    })
    .join("");
}
