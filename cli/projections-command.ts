import { type Command, Option } from "commander";
import type { Databases } from "#runtime/databases.ts";
import type { Environment } from "#runtime/environment.ts";
import type { ProjectionTarget } from "#runtime/events/projections.ts";

const targets: readonly ProjectionTarget[] = ["monitoring", "scheduler", "vms"];

interface ProjectionOptions {
  in?: ProjectionTarget;
  dataDir?: string;
  json: boolean;
}

/** Adds `novacron projections check|rebuild`: checks the copies that domains keep of each other's data, and rebuilds them. */
export function addProjectionsCommand(
  program: Command,
  environmentOf: (options: { dataDir?: string }) => Environment,
): void {
  const command = program
    .command("projections")
    .description(
      "the copies that domains keep of each other's data: of VMs in monitoring and scheduler, of operations in vms",
    );
  const sub = (
    name: string,
    description: string,
    run: (systems: Databases, target: ProjectionTarget) => Promise<object>,
  ) =>
    command
      .command(name)
      .description(description)
      .addOption(new Option("--in <database>", "only the projection in this database").choices([...targets]))
      .addOption(new Option("--data-dir <folder>", "where the embedded server's data are").env("NOVACRON_DATA_DIR"))
      .option("--json", "print one JSON document", false)
      .action(async (options: ProjectionOptions) => {
        await eachTarget(environmentOf(options), options, run);
      });
  sub(
    "check",
    "compare every row of a projection with its source; exit code 1 when they differ",
    async (systems, target) => {
      const { checkProjection } = await import("#runtime/events/projections.ts");
      const checked = await checkProjection(systems, target);
      if (!checked.isRight) process.exitCode = 1;
      return checked.report;
    },
  );
  sub("rebuild", "rebuild a projection from its source, with or without a running server", async (systems, target) => {
    const { rebuildProjection } = await import("#runtime/events/projections.ts");
    return rebuildProjection(systems, target);
  });
}

async function eachTarget(
  environment: Environment,
  options: ProjectionOptions,
  run: (systems: Databases, target: ProjectionTarget) => Promise<object>,
): Promise<void> {
  const { withSystems } = await import("#runtime/databases.ts");
  await withSystems(environment, async (systems) => {
    const results: Record<string, object> = {};
    for (const target of options.in ? [options.in] : targets) results[target] = await run(systems, target);
    process.stdout.write(options.json ? `${JSON.stringify(results)}\n` : describe(results));
  });
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
