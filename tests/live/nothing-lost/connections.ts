import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, vi } from "vitest";
import type { LiveFleet } from "./fleet.ts";

const table = "/proc/net/tcp";
/** Whether this system tells which connections there are. */
export const areConnectionsKnown = existsSync(table);
/** How long what clients shared goes on for those who come back, on a busy machine. */
const lingeringMs = 90_000;

/** How many files and sockets a process has open. */
export const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Waits until nobody is connected to a gateway, no gateway to a subgraph that is followed, and gateways have as much open as when they started. */
export async function expectNothingLeft({ gateways, subgraphs }: LiveFleet, atStart: number): Promise<void> {
  // The one that knows who asks is asked all the time, whose rights have changed.
  const { auth: _auth, ...followed } = subgraphs;
  const ports = [...gateways, ...Object.values(followed)].map(({ child }) => Number(new URL(child.url).port));
  await vi.waitFor(
    () => {
      expect(ports.filter((port) => connectionsTo(port) > 0)).toEqual([]);
      for (const { child } of gateways) expect(openFiles(child.pid)).toBeLessThanOrEqual(atStart);
    },
    { timeout: lingeringMs, interval: 500 },
  );
}

/** Connections to a port of this machine that are open at both ends. */
function connectionsTo(port: number): number {
  const [, ...lines] = readFileSync(table, "utf8").split("\n");
  const established = "01";
  return lines.filter((line) => {
    const [, local = "", , state] = line.trim().split(/\s+/);
    return state === established && Number.parseInt(local.split(":")[1] ?? "", 16) === port;
  }).length;
}
