import { rmSync } from "node:fs";
import { demoTenantId } from "#lib/trust/demo-tenant.ts";
import { soak } from "#tests/connections/mutation-soak.ts";
import { examples } from "#tests/mutations/examples.ts";
import { type Target, World } from "#tests/mutations/world.ts";
import { administratorKey } from "#tests/harness/credentials.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";
import { askGraph } from "#tests/harness/product.ts";
import { productSupergraph } from "#tests/harness/supergraph.ts";
import { runUntilReady } from "./processes.ts";
import { lifecycleMutations } from "#tests/mutations/vms/lifecycle.ts";
import { operationMutations } from "#tests/mutations/vms/operations.ts";
import { type Figure, percentile } from "./report.ts";

const aimMs = 250;

const ofClients = productSupergraph().apiSchema.getMutationType()?.getFields() ?? {};

const targetAt = (url: string, operator: string): Target => ({
  fields: new Map(Object.entries(ofClients)),
  operator,
  tenantId: demoTenantId,
  send: (_name, query, variables, token) => askGraph(url, query, variables, token),
  ask: (query, variables, token) => askGraph(url, query, variables, token),
});

/**
 * Measures every mutation that clients have, 64 times at once with one credential, on the product with the demo fleet. Next to them run 50 reads a second and
 * sign-ins. The same reads are also measured alone.
 */
export async function run({ quick }: { quick: boolean }): Promise<Figure[]> {
  const dataDir = temporaryDataDir("novacron-bench-");
  const product = await runUntilReady(["cli/bin.js", "start", "--port", "0", "--data-dir", dataDir]);
  try {
    const world = await World.of(targetAt(product.url, administratorKey(dataDir)));
    // The examples of the others insert their operations or VMs into the databases.
    const inserting = { ...operationMutations, ...lifecycleMutations };
    const names = Object.keys(examples).filter(
      (name) => name in ofClients && (name === "createVm" || !(name in inserting)),
    );
    const askAt = (query: string, variables: Record<string, unknown>, token: string) =>
      askGraph(product.url, query, variables, token);
    const alone = await soak({ world, names: [], ask: askAt, lastsMs: quick ? 3_000 : 15_000 });
    const cpuBefore = product.cpuMs();
    const report = await soak({ world, names, ask: askAt });
    const cpu = product.cpuMs() - cpuBefore;
    const slowest = report.mutations.toSorted((one, other) => other.milliseconds - one.milliseconds)[0];
    const failures = [...alone.failures, ...report.failures];
    for (const failure of new Set(failures)) process.stderr.write(`${failure}\n`);
    const p99 = percentile(report.reads, 0.99);
    const p99Alone = percentile(alone.reads, 0.99);
    return [
      { name: "mutations sent", value: report.sent, unit: "" },
      { name: "requests that failed", value: failures.length, unit: "", aim: "0" },
      { name: "reads alone, p50", value: percentile(alone.reads, 0.5), unit: "ms" },
      { name: "reads alone, p99", value: p99Alone, unit: "ms" },
      { name: "reads next to mutations, p50", value: percentile(report.reads, 0.5), unit: "ms" },
      {
        name: "reads next to mutations, p99",
        value: p99,
        unit: "ms",
        ratio: p99 / p99Alone,
        against: "alone",
        aim: `under ${aimMs} ms`,
      },
      { name: "sign-ins next to mutations, p99", value: percentile(report.signIns, 0.99), unit: "ms" },
      { name: "CPU of the product, all together", value: cpu, unit: "ms" },
      { name: `slowest 64 at once: ${slowest?.name}`, value: slowest?.milliseconds ?? 0, unit: "ms" },
    ];
  } finally {
    await product.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
