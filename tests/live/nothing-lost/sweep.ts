import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { complaints, missing } from "./checker.ts";
import { cursorNow, ResumingClient } from "./resuming-client.ts";
import type { LiveFleet } from "./fleet.ts";
import { finalStates, startWriters } from "./writers.ts";
import { WrittenLog } from "./written-log.ts";

export interface Sweep {
  log: WrittenLog;
  /** For each tenant, one client that starts at the first gateway and one that starts at the second. */
  clients: readonly ResumingClient[];
  /** Resolves when each client has received this many more changes. */
  untilReceived(more: number): Promise<void>;
  /** Resolves when these clients have received everything that is written by now. */
  caughtUp(clients: readonly ResumingClient[]): Promise<void>;
}

/** How long clients may take on a busy machine for changes that they have not received yet. */
const patienceMs = 60_000;

/**
 * Writes while `inject` breaks things, and then compares. Each client received everything that was written for its tenant, once and in order, and nothing
 * else. Its final states are those of the databases.
 * @param urls the gateways that clients connect to, where these are not the fleet's own
 */
export async function sweep(
  fleet: LiveFleet,
  inject: (sweep: Sweep) => Promise<void>,
  urls: readonly string[] = fleet.gateways.map(({ child }) => child.url),
): Promise<void> {
  const found = await complaintsAfter(fleet, inject, urls);
  expect(found).toEqual([]);
}

/**
 * Does the same where something is expected to go wrong, and returns the differences. @param lost how many changes are known to be lost, and are not waited
 * for
 */
export async function complaintsAfter(
  fleet: LiveFleet,
  inject: (sweep: Sweep) => Promise<void>,
  urls: readonly string[],
  lost = 0,
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "novacron-written-"));
  const log = new WrittenLog(join(folder, "written.jsonl"));
  const clients = (
    await Promise.all(
      fleet.tenants.map(async ({ rows: { tenantId }, token }, tenant) => {
        const cursor = await cursorNow(fleet.gateways[0]?.child.url ?? "", token);
        const begin = (order: readonly string[], index: number) =>
          new ResumingClient({ name: `client ${tenant + 1}.${index + 1}`, tenantId, token, urls: order, cursor });
        return [urls, urls.toReversed()].map(begin);
      }),
    )
  ).flat();
  const tenants = fleet.tenants.map(({ rows }) => rows);
  try {
    const writers = await startWriters(fleet.server.urls, tenants, log);
    const untilReceived = async (more: number) => {
      const aims = clients.map((client) => client.received.length + more);
      await eventually(() => clients.every((client, index) => client.received.length >= (aims[index] ?? 0)));
    };
    const caughtUp = async (some: readonly ResumingClient[]) => {
      const written = log.read();
      await eventually(() => missing({ written, clients: some }) === 0);
    };
    await untilReceived(10);
    await inject({ log, clients, untilReceived, caughtUp }).finally(() => writers.stop());
    const all = { written: log.read(), clients };
    await eventually(() => missing(all) <= lost);
    // A late or repeated event would arrive before the changes that are written now.
    const after = await startWriters(fleet.server.urls, tenants, log);
    await eventually(() => log.read().length > all.written.length + 20);
    await after.stop();
    const record = { written: log.read(), clients, final: await finalStates(fleet.server.urls) };
    await eventually(() => missing(record) <= lost);
    expect(record.written.length).toBeGreaterThan(50);
    return [...clients.flatMap(({ problems }) => problems), ...complaints(record)];
  } finally {
    for (const client of clients) client.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Waits for the condition, but not for ever; the comparison reports what is missing then. */
export async function eventually(condition: () => boolean): Promise<void> {
  const until = performance.now() + patienceMs;
  while (!condition() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
}
