import { sql } from "drizzle-orm";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { actingAs, closeDatabases, type Databases, migrateAll, openDatabases } from "#runtime/databases.ts";
import type { Database } from "#db/client.ts";
import { domains } from "#db/columns.ts";
import { startEmbeddedPostgres } from "#db/embedded/start.ts";
import { append } from "#db/event-log/append.ts";
import type { EventBus } from "#db/event-log/buses/event-bus.ts";
import { inProcessBus } from "#db/event-log/buses/in-process.ts";
import { notifyBus } from "#db/event-log/buses/notify.ts";
import { redisBus } from "#db/event-log/buses/redis.ts";
import { EventLog } from "#db/event-log/event-log.ts";
import { runRelay } from "#db/event-log/relay.ts";
import { statement } from "#db/statement.ts";
import { upsert } from "#db/upsert.ts";
import { vmChanges } from "#db/vms/changes.ts";
import { vms } from "#db/vms/schema/vms.ts";
import { newId } from "#lib/uuid.ts";
import { type Follower, startFollower } from "./events-follower.ts";
import { type Figure, percentile } from "./report.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";

const tenantId = newId();
const scope = { tenantId };

/**
 * Measures the event log on the embedded server, which flushes every commit. The figures are: what an event adds to a small write; the time from a commit to a
 * reader by each bus (in another process where the bus is for that); how many events a second come through; and how fast a reader catches up that is
 * 100,000 events behind. Redis is measured only where `redis-server` can be started.
 */
export async function run({ quick }: { quick: boolean }): Promise<Figure[]> {
  const dataDir = temporaryDataDir("novacron-bench-");
  const stops: (() => Promise<unknown>)[] = [async () => rmSync(dataDir, { recursive: true, force: true })];
  try {
    const embedded = await startEmbeddedPostgres({ dataDir, databases: domains.map((domain) => `novacron_${domain}`) });
    stops.push(() => embedded.stop());
    const server = {
      url: (domain: string) => embedded.url(`novacron_${domain}`),
      embedded: true,
      stop: async () => undefined,
    };
    await migrateAll(server, () => undefined);
    const services = actingAs(await openDatabases(server), "job:bench");
    const systems = await openDatabases(server, "system");
    stops.push(
      () => closeDatabases(services),
      () => closeDatabases(systems),
    );
    await insertVms(services.vms);

    const figures = await costOfAnEvent(services.vms, quick);
    const redis = await startRedis();
    if (redis) stops.push(redis.stop);
    const urls = Object.fromEntries(domains.map((domain) => [domain, server.url(domain)]));
    const buses: [string, () => EventBus, (() => Promise<Follower>) | undefined][] = [
      ["in process", inProcessBus, undefined],
      ["NOTIFY", () => notifyBus({ databases: systems, url: server.url }), () => startFollower(urls, undefined)],
    ];
    if (redis) buses.push(["Redis Streams", () => redisBus(redis.url), () => startFollower(urls, redis.url)]);
    for (const [name, make, begin] of buses) {
      figures.push(...(await byBus(name, make(), begin, { services, systems, url: server.url }, quick)));
    }
    figures.push(await catchUp(services.vms, systems, quick));
    return figures;
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

const vmIds = Array.from({ length: 64 }, () => newId());

async function insertVms(database: Database): Promise<void> {
  await database.write(scope, (tx) =>
    upsert(
      tx,
      vms,
      vmIds.map((id, n) => ({
        id,
        name: `vm-${n}`,
        state: "running" as const,
        hypervisorType: "kvm" as const,
        ownerId: id,
        tenantId,
        resourceConfig: { cpuMillicores: 1_000, memoryMb: 1_024 },
      })),
      { onConflict: ["id"], update: "none", emits: vmChanges },
    ),
  );
}

const rename = statement<{ version: number }>(
  () => sql`
    update vms set display_name = ${sql.placeholder("name")}, version = version + 1, updated_at = now()
    where id = ${sql.placeholder("id")}::uuid and tenant_id = ${sql.placeholder("tenantId")}::uuid returning version`,
);

/** Makes a small change of a VM, with or without its event. */
async function change(database: Database, n: number, withEvent: boolean): Promise<void> {
  const id = vmIds[n % vmIds.length] as string;
  await database.write(scope, async (tx) => {
    const [row] = await tx.run(rename, { id, name: `vm ${n}`, tenantId });
    if (withEvent) await append(tx, [vmEvent(id, row?.version ?? 0)]);
  });
}

const vmEvent = (key: string, entityVersion: number) => ({
  type: "vm.updated" as const,
  key,
  entityVersion,
  payload: { name: "vm", state: "running", nodeId: null, ownerId: key, tags: { env: "prod" } },
});

/** Measures the same write with and without an event, in turns of one run, by one writer and by four. */
async function costOfAnEvent(database: Database, quick: boolean): Promise<Figure[]> {
  const [rounds, each] = quick ? [4, 100] : [20, 200];
  const figures: Figure[] = [];
  for (const writers of [1, 4]) {
    const times: Record<"with" | "without", number[]> = { with: [], without: [] };
    const rates: Record<"with" | "without", number[]> = { with: [], without: [] };
    for (let round = -1; round < rounds; round += 1) {
      for (const kind of round % 2 === 0 ? (["with", "without"] as const) : (["without", "with"] as const)) {
        const began = performance.now();
        const taken = await Promise.all(
          Array.from({ length: writers }, async (_, writer) => {
            const own: number[] = [];
            for (let count = 0; count < each; count += 1) {
              const at = performance.now();
              await change(database, writer + writers * count, kind === "with");
              own.push(performance.now() - at);
            }
            return own;
          }),
        );
        // The first round warms up.
        if (round < 0) continue;
        times[kind].push(...taken.flat());
        rates[kind].push((writers * each * 1_000) / (performance.now() - began));
      }
    }
    const by = writers === 1 ? "one writer" : `${writers} writers`;
    const [without, withEvent] = [percentile(times.without, 0.5), percentile(times.with, 0.5)];
    figures.push(
      { name: `a small write without an event, ${by}, p50`, value: without, unit: "ms" },
      {
        name: `the same with its event, ${by}, p50`,
        value: withEvent,
        unit: "ms",
        ratio: withEvent / without,
        against: "without",
        aim: "under 1.25×",
      },
      {
        name: `writes with events, ${by}`,
        value: percentile(rates.with, 0.5),
        unit: "/s",
        ratio: percentile(rates.with, 0.5) / percentile(rates.without, 0.5),
        against: "without",
      },
    );
  }
  return figures;
}

interface Server {
  services: Databases;
  systems: Databases;
  url(domain: string): string;
}

/** Measures the time from the commit of a write to its event's reader, one write after the other; then as many writes as four writers can make. */
async function byBus(
  name: string,
  bus: EventBus,
  begin: (() => Promise<Follower>) | undefined,
  { services, systems, url }: Server,
  quick: boolean,
): Promise<Figure[]> {
  const stopping = new AbortController();
  const relay = runRelay({ domain: "vms", url: url("vms"), buses: [bus], signal: stopping.signal });
  const follower = await (begin?.() ?? followHere(systems, bus));
  const singles = quick ? 200 : 2_000;
  const delays: number[] = [];
  for (let count = -20; count < singles; count += 1) {
    const seen = follower.next(1);
    await change(services.vms, count + 20, true);
    const committed = performance.timeOrigin + performance.now();
    const [at = committed] = await seen;
    if (count >= 0) delays.push(Math.max(0, at - committed));
  }
  const [writers, transactions, events] = [4, quick ? 50 : 250, 20];
  const total = writers * transactions * events;
  const all = follower.next(total);
  const began = performance.timeOrigin + performance.now();
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      const key = vmIds[writer] as string;
      for (let count = 0; count < transactions; count += 1) {
        const batch = Array.from({ length: events }, (__, n) => vmEvent(key, 1_000_000 + count * events + n));
        await services.vms.write(scope, (tx) => append(tx, batch));
      }
    }),
  );
  const ended = (await all).at(-1) ?? began;
  await follower.stop();
  stopping.abort();
  await relay;
  await bus.close();
  return [
    { name: `commit to reader, ${name}, p50`, value: percentile(delays, 0.5), unit: "ms" },
    { name: `commit to reader, ${name}, p99`, value: percentile(delays, 0.99), unit: "ms" },
    { name: `events through, ${name}, four writers`, value: (total * 1_000) / (ended - began), unit: "/s" },
  ];
}

/** Starts a follower in this process. */
async function followHere(systems: Databases, bus: EventBus): Promise<Follower> {
  const stopping = new AbortController();
  const log = new EventLog({ databases: systems, buses: [bus], signal: stopping.signal });
  const start = await log.head(["vms"]);
  const seen: number[] = [];
  let wanted: { count: number; resolve: (times: number[]) => void } | undefined;
  const following = (async () => {
    for await (const { events } of log.follow(start, { sources: ["vms"], signal: stopping.signal })) {
      const at = performance.timeOrigin + performance.now();
      for (const _event of events) seen.push(at);
      if (wanted && seen.length >= wanted.count) wanted.resolve(seen.splice(0, wanted.count));
    }
  })();
  return {
    next: (count) => new Promise((resolve) => (wanted = { count, resolve })),
    stop: async () => {
      stopping.abort();
      await Promise.all([following, log.running]);
    },
  };
}

/** Measures a reader that begins with the oldest event while the log holds so many. */
async function catchUp(database: Database, systems: Databases, quick: boolean): Promise<Figure> {
  const behind = quick ? 20_000 : 100_000;
  const key = vmIds[0] as string;
  for (let written = 0; written < behind; written += 500) {
    const batch = Array.from({ length: 500 }, (_, n) => vmEvent(key, 2_000_000 + written + n));
    await database.write(scope, (tx) => append(tx, batch));
  }
  const stopping = new AbortController();
  const log = new EventLog({ databases: systems, buses: [], signal: stopping.signal });
  const began = performance.now();
  let read = 0;
  for await (const { events } of log.follow("oldest", { sources: ["vms"], signal: stopping.signal })) {
    read += events.length;
    if (read >= behind) break;
  }
  const rate = (read * 1_000) / (performance.now() - began);
  stopping.abort();
  await log.running;
  return { name: `a reader ${behind.toLocaleString("en")} events behind`, value: rate, unit: "/s", aim: "20,000/s" };
}

async function startRedis(): Promise<{ url: string; stop: () => Promise<void> } | undefined> {
  const program = process.env["NOVACRON_REDIS_SERVER"] ?? "redis-server";
  if (spawnSync(program, ["--version"]).status !== 0) return undefined;
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  const child = spawn(program, ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    if (chunk.toString().includes("Ready to accept connections")) break;
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}
