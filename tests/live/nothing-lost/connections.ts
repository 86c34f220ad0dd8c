import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, vi } from "vitest";
import type { LiveFleet } from "./fleet.ts";

const table = "/proc/net/tcp";
/** Whether this system lists its connections. */
export const areConnectionsKnown = existsSync(table);
/** How long shared subscriptions may linger on a busy machine, for clients that reconnect. */
const lingeringMs = 90_000;

/** Returns how many files and sockets a process has open. */
export const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/**
 * Waits until no client is connected to a gateway, and no gateway to a followed subgraph. Also waits until gateways have no more open than at their start.
 */
export async function expectNothingLeft({ gateways, subgraphs }: LiveFleet, atStart: number): Promise<void> {
  // Without auth, which gateways query all the time for changes of rights.
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

/** Returns the number of established connections to a port of this machine. */
function connectionsTo(port: number): number {
  const [, ...lines] = readFileSync(table, "utf8").split("\n");
  const established = "01";
  return lines.filter((line) => {
    const [, local = "", , state] = line.trim().split(/\s+/);
    return state === established && Number.parseInt(local.split(":")[1] ?? "", 16) === port;
  }).length;
}
