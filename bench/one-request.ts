import { demoTenantId } from "#lib/trust/demo-tenant.ts";
import { administratorKey } from "#tests/harness/credentials.ts";
import { startGatewayProcess, startSubgraphProcesses } from "./separate-processes.ts";
import { closePools, openPools, readByHand } from "./one-request-by-hand.ts";
import { onPreparedServer, pageSize } from "./prepared-server.ts";
import { runUntilReady } from "./processes.ts";
import { type Figure, percentile } from "./report.ts";

/**
 * Measures docs/one-request.graphql for 50 VMs on the embedded server, one request after the other. It is measured in one process, in seven separate processes,
 * and as the same rows by hand-written SQL, in turns of one run.
 */
export const run = ({ quick }: { quick: boolean }): Promise<Figure[]> =>
  onPreparedServer(async ({ dataDir, url, stops, request: { body, from, to } }) => {
    const oneProcess = await runUntilReady(["cli/bin.js", "start", "--port", "0", "--data-dir", dataDir, "--no-demo"]);
    stops.push(oneProcess.stop);
    const apiKey = administratorKey(dataDir);
    const subgraphs = await startSubgraphProcesses(url, dataDir);
    const gateway = await startGatewayProcess(subgraphs);
    const separateProcesses = [...subgraphs.processes.values(), gateway];
    stops.push(...separateProcesses.map((process) => process.stop));
    const pools = openPools(url);
    stops.push(() => closePools(pools));

    const contenders: Contender[] = [
      {
        name: "by hand: SQL over five pools",
        cpuMs: ownCpuMs,
        once: () => readByHand(pools, demoTenantId, pageSize, from, to),
      },
      { name: "in one process", cpuMs: oneProcess.cpuMs, once: () => post(oneProcess.url, body, apiKey) },
      {
        name: "in seven separate processes",
        cpuMs: () => separateProcesses.reduce((sum, process) => sum + process.cpuMs(), 0),
        once: () => post(gateway.url, body, apiKey),
      },
    ];
    const measured = await takeTurns(contenders, quick ? { rounds: 3, each: 20 } : { rounds: 10, each: 50 });
    const limit = measured[0] as Measured;
    return measured.flatMap(({ name, times, cpu }): Figure[] => [
      {
        name: `${name}, p50`,
        value: percentile(times, 0.5),
        unit: "ms",
        ...against(percentile(times, 0.5), percentile(limit.times, 0.5), name),
      },
      { name: `${name}, p99`, value: percentile(times, 0.99), unit: "ms" },
      { name: `${name}, CPU a request`, value: cpu, unit: "ms" },
    ]);
  });

const against = (value: number, limit: number, name: string) =>
  name.startsWith("by hand") ? {} : { ratio: value / limit, against: "by hand", aim: "at most 3×" };

export async function post(url: string, body: string, apiKey: string): Promise<void> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${apiKey}` };
  const response = await fetch(url, { method: "POST", headers, body });
  const text = await response.text();
  if (response.status !== 200 || text.includes('"errors"')) throw new Error(text.slice(0, 500));
}

interface Contender {
  name: string;
  cpuMs(): number;
  once(): Promise<unknown>;
}

interface Measured {
  name: string;
  times: number[];
  cpu: number;
}

/** Measures in turns, so that a slower minute of the machine affects all of them. */
export async function takeTurns(
  contenders: readonly Contender[],
  { rounds, each }: { rounds: number; each: number },
): Promise<Measured[]> {
  const measured = contenders.map(({ name }): Measured => ({ name, times: [], cpu: 0 }));
  for (let round = -1; round < rounds; round += 1) {
    for (const [index, { cpuMs, once }] of contenders.entries()) {
      const before = cpuMs();
      const times: number[] = [];
      for (let count = 0; count < each; count += 1) {
        const began = performance.now();
        await once();
        times.push(performance.now() - began);
      }
      // The first round warms up.
      if (round < 0) continue;
      const one = measured[index] as Measured;
      one.times.push(...times);
      one.cpu += (cpuMs() - before) / (rounds * each);
    }
  }
  return measured;
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
