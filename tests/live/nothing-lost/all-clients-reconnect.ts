import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { openDatabase } from "#db/client.ts";
import { defaultSocketLimits } from "#gateway/sockets/socket-limits.ts";
import { makeApiKey, makeUser } from "#tests/harness/credentials.ts";
import { complaints, missing } from "./checker.ts";
import type { LiveFleet } from "./fleet.ts";
import { cursorNow, ResumingClient } from "./resuming-client.ts";
import { eventually } from "./sweep.ts";
import { finalStates, startWriters } from "./writers.ts";
import { WrittenLog } from "./written-log.ts";

/** The time within which all clients must have reconnected. */
const backMs = 30_000;
/** Each change is sent to hundreds of clients. */
const paceMs = 300;

/** Connects `count` clients to one gateway, kills it and starts it again. */
export async function expectAllClientsReconnect(fleet: LiveFleet, count: number): Promise<void> {
  const [gateway] = fleet.gateways;
  if (!gateway) throw new Error("There is no gateway.");
  const folder = mkdtempSync(join(tmpdir(), "novacron-written-"));
  const log = new WrittenLog(join(folder, "written.jsonl"));
  const clients = await createClients(fleet, gateway.child.url, count);
  try {
    const { urls } = fleet.server;
    const tenants = fleet.tenants.map(({ rows }) => rows);
    const writers = await startWriters(urls, tenants, log, paceMs);
    await eventually(() => clients.every(({ received }) => received.length > 0));
    const before = clients.map(({ received }) => received.length);
    await gateway.replace();
    const back = performance.now();
    await eventually(() => clients.every(({ received }, index) => received.length > (before[index] ?? 0)));
    expect(performance.now() - back).toBeLessThan(backMs);
    await writers.stop();
    const written = log.read().filter(({ entity }) => entity.startsWith("vm "));
    await eventually(() => missing({ written, clients }) === 0);
    expect(clients.every(({ closed }) => closed.length > 0)).toBe(true);
    expect(clients.flatMap(({ problems }) => problems)).toEqual([]);
    expect(complaints({ written, clients, final: await finalStates(urls) })).toEqual([]);
  } finally {
    for (const client of clients) client.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Creates clients of as many users as necessary, because the sockets of one user are limited. */
async function createClients({ server, tenants }: LiveFleet, url: string, count: number): Promise<ResumingClient[]> {
  const auth = await openDatabase({ domain: "auth", url: server.urls.url("auth"), maxConnections: 2 });
  const clients: ResumingClient[] = [];
  try {
    const cursors = await Promise.all(tenants.map(({ token }) => cursorNow(url, token)));
    for (let user = 0; clients.length < count; user += 1) {
      const [place, { rows }] = [user % tenants.length, tenants[user % tenants.length] as LiveFleet["tenants"][number]];
      const { tenantId } = rows;
      const { id } = await makeUser(auth, { tenantId, role: "admin" });
      const { key: token } = await makeApiKey(auth, { tenantId, userId: id });
      for (let socket = 0; socket < defaultSocketLimits.socketsByUser && clients.length < count; socket += 1) {
        const name = `client ${clients.length + 1}`;
        clients.push(
          new ResumingClient({ name, tenantId, token, urls: [url], cursor: cursors[place] ?? "", follows: ["vm"] }),
        );
      }
    }
    return clients;
  } finally {
    await auth.close();
  }
}
