import { spawn } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { administratorKey } from "#tests/harness/credentials.ts";
import type { Figure } from "./report.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";

/** Measures `npm start` on an empty data folder and once more: the time from the command to the first answered query, and memory at rest. */
export async function run(): Promise<Figure[]> {
  const dataDir = temporaryDataDir("novacron-bench-start-");
  try {
    const first = await startAndAsk(dataDir);
    const second = await startAndAsk(dataDir);
    return [
      { name: "first start to first answer", value: first.seconds, unit: "s", aim: "under 20 s" },
      { name: "second start to first answer", value: second.seconds, unit: "s", aim: "under 6 s" },
      { name: "memory at rest, whole process tree (PSS)", value: second.mebibytes, unit: "MiB" },
    ];
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function startAndAsk(dataDir: string): Promise<{ seconds: number; mebibytes: number }> {
  const began = performance.now();
  const child = spawn("node", ["cli/bin.js", "start", "--port", "0", "--data-dir", dataDir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let printed = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      const ready = /novacron ready (\S+)/.exec(printed)?.[1];
      if (ready) resolve(ready);
    });
    child.once("exit", (code) => reject(new Error(`start ended with ${String(code)}`)));
  });
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${administratorKey(dataDir)}` },
    body: JSON.stringify({ query: "{ vms(first: 1) { nodes { id name } } }" }),
  });
  const answer = (await response.json()) as { data?: { vms?: { nodes: unknown[] } } };
  if (answer.data?.vms?.nodes.length !== 1) throw new Error("the first query was not answered with a VM");
  const seconds = (performance.now() - began) / 1_000;
  const mebibytes = treeOf(child.pid ?? 0).reduce((sum, pid) => sum + pssOf(pid), 0) / 1_024;
  child.kill("SIGTERM");
  await exited;
  return { seconds, mebibytes };
}

/** Returns the process, its descendants, and the database server that it started, which is no descendant of any of them. */
function treeOf(root: number): number[] {
  const parents = readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      return [{ pid: Number(name), parent: Number(stat.slice(stat.lastIndexOf(")") + 4).split(" ")[0]) }];
    } catch {
      return [];
    }
  });
  const tree = [root];
  for (const pid of tree) tree.push(...parents.filter(({ parent }) => parent === pid).map((child) => child.pid));
  return tree;
}

function pssOf(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
