import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Domain } from "#db/columns.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "#db/embedded/start.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";
import { closePools, openPools } from "./one-request-by-hand.ts";
import { runToEnd, runUntilReady } from "./processes.ts";
import type { Figure } from "./report.ts";

export const pageSize = 50;

/** An embedded server whose databases hold the data that docs/one-request.graphql requests. */
export interface PreparedServer {
  dataDir: string;
  server: EmbeddedPostgres;
  /** Returns the URL of a domain's database, as its owner. */
  url(domain: Domain): string;
  /** docs/one-request.graphql for 50 VMs over the last hour that has samples. */
  request: { body: string; query: string; from: Date; to: Date };
  /** The functions that stop what was started; they are called in reverse order. */
  stops: (() => Promise<unknown>)[];
}

/** Runs a bench over the imported Bitbrains week with NOVACRON_TRACES, without it over the demo fleet. Stops what it started. */
export async function onPreparedServer(bench: (prepared: PreparedServer) => Promise<Figure[]>): Promise<Figure[]> {
  const dataDir = temporaryDataDir("novacron-bench-");
  const stops: (() => Promise<unknown>)[] = [async () => rmSync(dataDir, { recursive: true, force: true })];
  try {
    await fill(dataDir);
    const server = await startEmbeddedPostgres({ dataDir, databases: [] });
    stops.push(() => server.stop());
    const url = (domain: Domain) => server.url(`novacron_${domain}`);
    return await bench({ dataDir, server, url, stops, request: await lastHour(url) });
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function fill(dataDir: string): Promise<void> {
  const traces = process.env["NOVACRON_TRACES"];
  if (!traces) {
    const demo = await runUntilReady(["cli/bin.js", "start", "--port", "0", "--data-dir", dataDir]);
    await demo.stop();
    return;
  }
  const sources = {
    openb: "alibaba-openb/nodes.csv.gz",
    bitbrains: "bitbrains-rnd/week-2013-07-01.csv.gz",
    "cloud-prices": "cloud-prices",
  };
  await runToEnd(["cli/bin.js", "migrate", "--create", "--data-dir", dataDir]);
  const into = ["--tenant", "demo", "--generate-history", "--data-dir", dataDir];
  for (const [dataset, source] of Object.entries(sources)) {
    await runToEnd(["cli/bin.js", "import", dataset, join(traces, source), ...into]);
  }
}

async function lastHour(url: (domain: Domain) => string): Promise<PreparedServer["request"]> {
  const pools = openPools(url);
  const [row] = await pools.monitoring<{ time: Date }[]>`select max(time) as time from vm_metrics_latest`;
  await closePools(pools);
  const to = new Date(Math.floor((row?.time.getTime() ?? Date.now()) / 300_000) * 300_000);
  const from = new Date(to.getTime() - 3_600_000);
  const query = readFileSync("docs/one-request.graphql", "utf8");
  return { query, from, to, body: JSON.stringify({ query, variables: { first: pageSize, from, to } }) };
}
