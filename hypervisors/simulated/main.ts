// The process that `novacron start` runs: its arguments are the folder, the latency, and the size in bytes at which a journal is replaced.
import { identify } from "#lib/process/process-identity.ts";
import { runProcess, failProcess } from "#lib/process/run-process.ts";
import { endOnStopSignals } from "#lib/process/stop-signals.ts";
import { serveSimulatedHypervisor } from "./serve.ts";

const [folder = "", latency = "none", compactAt] = process.argv.slice(2);

await runProcess(async () => {
  const signals = endOnStopSignals();
  const { url, stop } = await serveSimulatedHypervisor({
    folder,
    host: "127.0.0.1",
    port: 0,
    latency: latency === "realistic" ? "realistic" : "none",
    compactAt: compactAt === undefined ? undefined : Number(compactAt),
    startedBy: identify(process.ppid),
  });
  signals.whenStarted(() => stop().catch(failProcess));
  process.stdout.write(`novacron simulated-hypervisor ready ${url}\n`);
});
