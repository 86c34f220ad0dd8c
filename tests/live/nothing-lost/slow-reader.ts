import { expect } from "vitest";
import { openDatabase } from "#db/client.ts";
import { raiseAlerts } from "#db/monitoring/alert-writes.ts";
import { newId } from "#lib/uuid.ts";
import type { LiveFleet } from "./fleet.ts";
import type { ResumingClient } from "./resuming-client.ts";
import { eventually, sweep } from "./sweep.ts";
import type { WrittenLog } from "./written-log.ts";

const [messageLength, together] = [20_000, 20];
/** The delay within which 95% of changes reach the clients that read, while one does not and the machine is busy with that one's events. */
const latestMs = 5_000;

/** Stops one client's reading while this many characters are written for its tenant. The gateway closes its connection; it resumes and misses nothing. */
export const expectSlowReaderServed = (fleet: LiveFleet, characters: number): Promise<void> =>
  sweep(fleet, async ({ log, clients, caughtUp }) => {
    const [slow, ...others] = clients;
    if (!slow) throw new Error("There is no client.");
    const began = performance.now();
    slow.pause();
    await raiseBulky(fleet, log, Math.ceil(characters / messageLength));
    await caughtUp(others);
    const delays = others.flatMap((client) => delaysOf(client, log, began)).toSorted((one, other) => one - other);
    expect(delays[Math.floor(delays.length * 0.95)]).toBeLessThan(latestMs);
    expect(slow.closed).toEqual([]);
    slow.resume();
    await eventually(() => slow.closed.length > 0);
    // A client that does not read the close frame either sees a broken connection.
    expect([4410, 1006]).toContain(slow.closed[0]);
  });

async function raiseBulky({ server, tenants }: LiveFleet, log: WrittenLog, count: number): Promise<void> {
  const [tenant] = tenants;
  if (!tenant) throw new Error("There is no tenant.");
  const { tenantId, id } = tenant.rows;
  const monitoring = await openDatabase({
    domain: "monitoring",
    url: server.urls.url("monitoring"),
    maxConnections: 1,
  });
  try {
    for (let raised = 0; raised < count; raised += together) {
      const ids = Array.from({ length: together }, () => newId());
      const alerts = ids.map((alert) => ({
        id: alert,
        tenantId,
        ruleId: id("alertRule", 1),
        vmId: alert,
        state: "pending" as const,
        severity: "info" as const,
        message: "x".repeat(messageLength),
        startedAt: new Date(),
      }));
      await monitoring.write({ tenantId }, (tx) => raiseAlerts(tx, alerts));
      log.append(ids.map((alert) => ({ tenantId, entity: `alert ${alert}`, number: 1, state: "pending" })));
    }
  } finally {
    await monitoring.close();
  }
}

/** Returns the delay of each change that a client received since a moment, from its commit, in milliseconds. */
const delaysOf = ({ received, receivedAt }: ResumingClient, { writtenAt }: WrittenLog, since: number): number[] =>
  received.flatMap(({ entity, number }, index) => {
    const at = writtenAt.get(`${entity} #${number}`);
    return at === undefined || at < since ? [] : [(receivedAt[index] ?? Infinity) - at];
  });
