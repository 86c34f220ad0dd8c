import { Option, type Command } from "commander";
import { failProcess } from "#lib/process/run-process.ts";
import { endOnStopSignals } from "#lib/process/stop-signals.ts";
import { readSecret } from "#lib/trust/secrets.ts";
import type { Environment } from "#runtime/environment.ts";

interface SimulatedHypervisorOptions {
  dataDir?: string;
  host: string;
  port: number;
  latency?: "none" | "realistic";
}

/** Adds `novacron simulated-hypervisor`: the simulated hypervisor alone, for product processes that run elsewhere. */
export function addSimulatedHypervisorCommand(
  program: Command,
  environmentOf: (options: { dataDir?: string }) => Environment,
  portOf: (text: string) => number,
): void {
  program
    .command("simulated-hypervisor")
    .description("run the simulated hypervisor alone; processes with SIMULATED_HYPERVISOR_URL use it")
    .addOption(
      new Option("--data-dir <folder>", "where its store is, in simulated-hypervisor").env("NOVACRON_DATA_DIR"),
    )
    .addOption(new Option("--host <address>", "where to listen").env("HOST").default("127.0.0.1"))
    .addOption(
      new Option("--port <port>", "where to listen; 0 takes a free port").env("PORT").default(0).argParser(portOf),
    )
    .addOption(new Option("--latency <kind>", "how long calls take from now on").choices(["none", "realistic"]))
    .action(async ({ dataDir, ...options }: SimulatedHypervisorOptions) => {
      const { serveSimulatedHypervisor } = await import("#hypervisors/simulated/serve.ts");
      const { simulatedHypervisorFolder } = await import("#runtime/hypervisor/open-hypervisor.ts");
      const signals = endOnStopSignals();
      const folder = simulatedHypervisorFolder(environmentOf(dataDir === undefined ? {} : { dataDir }));
      const token = readSecret("SIMULATED_HYPERVISOR_TOKEN");
      const { url, stop } = await serveSimulatedHypervisor({ folder, token, ...options });
      signals.whenStarted(() => stop().catch(failProcess));
      process.stdout.write(`novacron simulated-hypervisor ready ${url}\n`);
    });
}
