import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectSimulatedHypervisor } from "#hypervisors/simulated/client.ts";
import { newId } from "#lib/uuid.ts";
import { runUntilReady } from "./processes.ts";
import { type Figure, percentile } from "./report.ts";

const callers = 16;
const never = () => new AbortController().signal;

/** Measures the simulated hypervisor, without latencies, on the disk of the folder for temporary files: creates by one caller and by 16, and a start of its process on the machines that they made. */
export async function run({ quick }: { quick: boolean }): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "novacron-bench-hypervisor-"));
  const start = () => runUntilReady(["hypervisors/simulated/main-from-source.js", folder]);
  let process_ = await start();
  const hypervisor = connectSimulatedHypervisor({ folder });
  const create = () => {
    const vmId = newId();
    const fence = { operationId: newId(), token: 1 };
    const spec = { name: "bench", cpuMillicores: 1_000, memoryMb: 1_024, disks: [], interfaces: [] };
    return hypervisor.create({ nodeId: "node-1", vmId, step: "create", fence, signal: never() }, spec);
  };
  const measured = async (by: number, seconds: number) => {
    const times: number[] = [];
    const began = performance.now();
    await Promise.all(
      Array.from({ length: by }, async () => {
        while (performance.now() < began + seconds * 1_000) {
          const callBegan = performance.now();
          await create();
          times.push(performance.now() - callBegan);
        }
      }),
    );
    return { rate: (times.length * 1_000) / (performance.now() - began), p50: percentile(times, 0.5) };
  };
  try {
    await measured(callers, 1);
    const alone = await measured(1, quick ? 1 : 4);
    const many = await measured(callers, quick ? 2 : 10);
    const { length: machines } = await hypervisor.list(never());
    await process_.stop("SIGKILL");
    const began = performance.now();
    process_ = await start();
    const restartMs = performance.now() - began;
    return [
      { name: "a create by one caller, p50", value: alone.p50, unit: "ms" },
      { name: `creates by ${callers} callers`, value: many.rate, unit: "/s", aim: "1,000/s" },
      { name: `a create by ${callers} callers, p50`, value: many.p50, unit: "ms" },
      { name: `a start after a kill with ${machines} machines`, value: restartMs, unit: "ms" },
    ];
  } finally {
    await hypervisor.close();
    await process_.stop("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}
