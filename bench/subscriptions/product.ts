import { rmSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { userChanges } from "#db/auth/changes.ts";
import { users } from "#db/auth/schema/users.ts";
import { insertSession } from "#db/auth/session-writes.ts";
import { type Database, openDatabase } from "#db/client.ts";
import { startEmbeddedPostgres } from "#db/embedded/start.ts";
import { databaseName } from "#db/logins.ts";
import { statement } from "#db/statement.ts";
import { upsert } from "#db/upsert.ts";
import { changeStates } from "#db/vms/state-writes.ts";
import { newSessionToken, tokenHash } from "#lib/trust/credentials.ts";
import { demoTenantId as tenantId } from "#lib/trust/demo-tenant.ts";
import { newId } from "#lib/uuid.ts";
import { provedAccount } from "#subgraphs/auth/credentials/escalation.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";
import { pin } from "../gateway/cores.ts";
import { runUntilReady, runWithProbe } from "../processes.ts";
import { type Figure, percentile } from "../report.ts";
import { now, type Process, start } from "./process.ts";

/** As many sockets as a user may have. */
const socketsByUser = 20;
const watched = 50;

const query = `subscription ($filter: VmStateTransitionFilter) { vmStateChanged(filter: $filter) {
  toState reason vm { name owner { username } node { name platform { cluster { name } } } } } }`;

/**
 * Measures the product as `npm start` runs it, from the commit of a change to the clients. Users who have signed in have 20 sockets each. Each socket receives
 * one change a second, with the owner of its VM and the node of that VM. Either all sockets watch all VMs, or each watches one of 50.
 * @param size the share of the 5,000 sockets
 */
export async function measureProduct(size: number): Promise<Figure[]> {
  const dataDir = temporaryDataDir("novacron-bench-");
  const stops: (() => Promise<unknown>)[] = [async () => rmSync(dataDir, { recursive: true, force: true })];
  try {
    const args = ["cli/bin.js", "start", "--port", "0", "--data-dir", dataDir];
    const demo = await runUntilReady(args);
    await demo.stop();
    const server = await startEmbeddedPostgres({ dataDir, databases: [] });
    stops.push(() => server.stop());
    const product = await runWithProbe([...args, "--no-demo"]);
    stops.push(product.stop);
    pin(product.pid, "measured");
    const open = async (domain: "auth" | "vms") => {
      const database = await openDatabase({ domain, url: server.url(databaseName(domain)) });
      stops.push(() => database.close());
      return database;
    };
    const many = Math.round(5_000 * size);
    const tokens = await sessions(await open("auth"), Math.ceil(many / socketsByUser));
    const fleet = new Fleet(await open("vms"));
    const clients = await start(["dist/bench/subscriptions/clients.js", product.url.replace("http:", "ws:")], "load");
    stops.push(clients.stop);

    const before = await product.held();
    const seconds = Math.ceil(30 * size) + 2;
    await clients.request({ open: many, subscribe: true, as: { query, tokens } });
    const held = await product.held();
    const same = await received(clients, fleet, { many, seconds, atOnce: 1 });
    await clients.request({ close: true });
    await pause(1_000);
    await clients.request({
      open: many,
      subscribe: true,
      as: { query, tokens, variables: (await fleet.ids()).map((vm) => ({ filter: { vm: [vm] } })) },
    });
    const own = await received(clients, fleet, { many, seconds, atOnce: watched });
    return [
      ...latencies("the product, 5,000 sockets that receive the same change", same),
      ...latencies(`the product, 5,000 sockets that each receive the changes of one of ${watched} VMs`, own),
      {
        name: "the product, memory of a socket with a subscription",
        value: (held.rss - before.rss) / many / 1_024,
        unit: "KiB",
      },
    ];
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

const latencies = (name: string, values: readonly number[]): Figure[] => [
  { name: `${name}, p50 from before the commit`, value: percentile(values, 0.5), unit: "ms" },
  { name: `${name}, p99`, value: percentile(values, 0.99), unit: "ms", aim: "under 250 ms" },
];

/** Creates a session for each of as many users. @returns their tokens */
async function sessions(auth: Database, people: number): Promise<string[]> {
  const tokens: string[] = [];
  for (let number = 0; number < people; number += 1) {
    const [id, token, username] = [newId(), newSessionToken(), `bench-${number}`];
    const person = {
      id,
      tenantId,
      username,
      email: `${username}@example.org`,
      role: "viewer" as const,
      passwordHash: "",
    };
    await auth.write({ tenantId, actor: "command:bench" }, async (tx) => {
      await upsert(tx, users, [person], { onConflict: ["id"], update: "none", emits: userChanges });
      const nothing = { actsInTenantId: null, ipAddress: null, userAgent: null };
      await insertSession(tx, { userId: provedAccount(id), tokenHash: tokenHash(token), lifetime: "P1D", ...nothing });
    });
    tokens.push(token);
  }
  return tokens;
}

/** The watched VMs, which are paused and resumed. */
class Fleet {
  readonly #vms: Database;
  #ids: string[] | undefined;
  readonly #isPaused = new Set<string>();

  constructor(vms: Database) {
    this.#vms = vms;
  }

  async ids(): Promise<string[]> {
    const running = statement<{ id: string }>(
      () => sql`select id from vms where state = 'running' and deleted_at is null order by id limit ${watched}`,
    );
    this.#ids ??= (await this.#vms.write({ tenantId }, (tx) => tx.run(running, {}))).map(({ id }) => id);
    return this.#ids;
  }

  /** Changes one VM, in a transaction of its own. */
  async change(number: number): Promise<void> {
    const ids = await this.ids();
    const vmId = ids[number % ids.length] ?? "";
    const isPaused = this.#isPaused.has(vmId);
    const [from, to] = isPaused ? (["paused", "running"] as const) : (["running", "paused"] as const);
    await this.#vms.write({ tenantId, actor: "command:bench" }, (tx) =>
      changeStates(tx, [{ vmId, from, to, reason: `at:${now()}`, initiatedBy: newId() }]),
    );
    if (isPaused) this.#isPaused.delete(vmId);
    else this.#isPaused.add(vmId);
  }
}

/** @returns milliseconds from before the commit to the client, of a sample of the deliveries after the first two seconds */
async function received(
  clients: Process,
  fleet: Fleet,
  { many, seconds, atOnce }: { many: number; seconds: number; atOnce: number },
): Promise<number[]> {
  const values: number[] = [];
  for (let second = 0; second < seconds; second += 1) {
    const answered = clients.request<{ latencies: number[] }>({ wait: many });
    // Spread over the second, as real changes are.
    for (let change = 0; change < atOnce; change += 1) {
      const begun = performance.now();
      await fleet.change(change);
      await pause(Math.max(0, 1_000 / atOnce - (performance.now() - begun)));
    }
    const { latencies: ofSecond } = await answered;
    if (second >= 2) values.push(...ofSecond);
  }
  return values;
}
