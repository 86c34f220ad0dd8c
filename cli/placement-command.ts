import { type Command, Option } from "commander";
import type { Environment } from "#runtime/environment.ts";
import type { PlacementReport } from "#runtime/placement-audit.ts";

interface AuditOptions {
  dataDir?: string;
  json: boolean;
}

/** Adds `novacron placement audit`: proves that claims, nodes and VMs agree. */
export function addPlacementCommand(
  program: Command,
  environmentOf: (options: { dataDir?: string }) => Environment,
): void {
  program
    .command("placement")
    .description("the allocations of VMs on nodes")
    .command("audit")
    .description(
      "compare the allocations, the allocated amounts of the nodes and the nodes of the VMs; exit code 1 when they differ",
    )
    .addOption(new Option("--data-dir <folder>", "where the embedded server's data are").env("NOVACRON_DATA_DIR"))
    .option("--json", "print one JSON document", false)
    .action(async (options: AuditOptions) => {
      const { withSystems } = await import("#runtime/databases.ts");
      const { checkPlacement } = await import("#runtime/placement-audit.ts");
      await withSystems(environmentOf(options), async (systems) => {
        const report = await checkPlacement(systems);
        process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : reportText(report));
        if (report.differences.length > 0) process.exitCode = 1;
      });
    });
}

function reportText({ nodes, claims, vms, busy, differences }: PlacementReport): string {
  const lines = differences.map(({ what, id, detail }) => `${what}: ${id}: ${detail}`);
  const counts = `${nodes} nodes, ${claims} claims, ${vms} VMs, of which operations work on ${busy}`;
  return [
    ...lines,
    `${counts}: ${differences.length === 0 ? "no differences" : `${differences.length} differences`}`,
    "",
  ].join("\n");
}
