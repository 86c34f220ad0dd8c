import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closeDatabases, openDatabases } from "#runtime/databases.ts";
import { type Domain, domains } from "#db/columns.ts";
import type { EventBus } from "#db/event-log/buses/event-bus.ts";
import { notifyBus } from "#db/event-log/buses/notify.ts";
import { redisBus } from "#db/event-log/buses/redis.ts";
import { EventLog } from "#db/event-log/event-log.ts";
import { newId } from "#lib/uuid.ts";
import { redisProgram, startRedis } from "#tests/harness/redis-server.ts";
import { asOwner } from "#tests/harness/server.ts";
import type { Write } from "./delivery-check.ts";
import { startFollower } from "./follower.ts";
import { ownPostgres } from "./own-postgres.ts";
import { proofFaults } from "./proof-faults.ts";
import { type Attempt, type Delivery, readLines } from "./proof-files.ts";
import { makeProofTables, writesInTables } from "./proof-writes.ts";
import { spawned } from "./spawned.ts";
import { readSums, type Sum } from "./sums-consumer.ts";
import { unreliableBus } from "./unreliable-bus.ts";
import { until } from "./until.ts";

export const kills = 20;
const writers = 4;
const aggregates = 12;

export interface ProofRun {
  attempts: Attempt[];
  /** The rows of the business tables at the end. */
  inTables: Write[];
  /** The writes that each follower received. */
  delivered: Map<string, Write[]>;
  failures: unknown[];
  sums: Sum[];
  kills: number;
  announcements: { dropped: number; repeated: number; reordered: number };
}

/** Returns the sum of the relays' positions in all databases. */
const relayed = async (url: (domain: Domain) => string): Promise<number> => {
  const ids = await Promise.all(
    domains.map((domain) =>
      asOwner(url(domain), (owner) => owner<{ id: string }[]>`select relayed_id as id from event_relay`),
    ),
  );
  return ids.flat().reduce((sum, { id }) => sum + Number(id), 0);
};

/** Runs four writers while everything around them fails, and returns the outcome. */
export async function runProof(seed: number): Promise<ProofRun> {
  const folder = mkdtempSync(join(tmpdir(), "novacron-proof-"));
  // Commits are not flushed by default: the product must flush those that have to survive a crash.
  const postgres = await ownPostgres({ fsync: "off", synchronous_commit: "off", max_connections: "200" });
  const redis = redisProgram ? await startRedis() : undefined;
  const keys = Array.from({ length: aggregates }, () => newId());
  await makeProofTables(postgres.url, keys);
  const urls = Object.fromEntries(domains.map((domain) => [domain, postgres.url(domain)]));
  const systems = await openDatabases({ url: postgres.url, embedded: false, stop: async () => undefined }, "system");
  const stopping = new AbortController();
  const { signal } = stopping;

  const buses: EventBus[] = [];
  const listened = <T extends EventBus>(bus: T): T => {
    buses.push(bus);
    return bus;
  };
  const logOf = (bus: EventBus, capacity?: number) =>
    new EventLog({ databases: systems, buses: [bus], signal, ...(capacity ? { capacity } : {}) });
  const notify = () => listened(notifyBus({ databases: systems, url: postgres.url }));
  const unreliable = unreliableBus(redis ? listened(redisBus(redis.url)) : notify(), seed);
  const small = logOf(notify(), 200);
  const notified = startFollower(logOf(notify()), signal);
  let writing = true;
  const followers = new Map([
    ["by NOTIFY", notified],
    ["by an unreliable network", startFollower(logOf(unreliable), signal)],
    [
      "slowly, far behind the events in memory",
      startFollower(small, signal, {
        batchSize: 100,
        afterBatch: ({ writes }) =>
          until("other followers are ahead", () => !writing || notified.writes.length > writes.length + 1_000, 120_000),
      }),
    ],
  ]);
  if (redis) followers.set("by Redis", startFollower(logOf(listened(redisBus(redis.url))), signal));

  const files = [0, 1].map((index) => join(folder, `relay-${index}`));
  const startRelay = (index: number) => spawned("proof-relay", { urls, redisUrl: redis?.url, file: files[index] });
  const relays = files.map((_, index) => startRelay(index));
  const attemptFiles = Array.from({ length: writers }, (_, index) => join(folder, `writer-${index}`));
  const writerProcesses = attemptFiles.map((file, index) =>
    spawned("proof-writer", { urls, keys, seed: seed + index, file }),
  );
  let killed = 0;
  try {
    await Promise.all([...relays, ...writerProcesses].map(({ ready }) => ready));
    const killRelay = async () => {
      const index = killed % 2;
      await Promise.all(relays.map(({ ready }) => ready));
      await relays[index]?.end("SIGKILL");
      killed += 1;
      relays[index] = startRelay(index);
    };
    const progress = async () => {
      await Promise.all(relays.map(({ ready }) => ready));
      const before = [notified.writes.length, await relayed(postgres.url)] as const;
      await until("followers receive more events", () => notified.writes.length > before[0] + 250, 60_000);
      await until("relays announce more events", async () => (await relayed(postgres.url)) > before[1] + 250, 60_000);
    };
    await progress();
    for (const fault of proofFaults) {
      await fault.run({ postgres, redis, killRelay, progress });
      await killRelay();
      await progress();
    }
    for (const _ of Array.from({ length: kills - killed })) {
      await killRelay();
    }
    const codes = await Promise.all(writerProcesses.map((writer) => writer.end("SIGTERM")));
    if (codes.some((code) => code !== 0)) throw new Error(`Writers ended with ${codes.join()}.`);
    writing = false;

    const inTables = await writesInTables(postgres.url);
    const inFiles = (file: string) => readLines<Delivery>(file).flatMap(({ writes }) => writes);
    const delivered = () =>
      new Map([
        ...[...followers].map(([name, { writes }]) => [name, writes] as const),
        ...files.map((file, index) => [`in process, in relay ${index}`, inFiles(file)] as const),
      ]);
    const complete = async () =>
      [...delivered().values()].every(({ length }) => length >= inTables.length) &&
      (await readSums(urls["scheduler"] ?? "")).reduce((sum, { events }) => sum + events, 0) >= inTables.length;
    // The checker reports whether it is complete.
    await until("every event was delivered", complete, 60_000).catch(() => undefined);
    return {
      attempts: attemptFiles.flatMap((file) => readLines<Attempt>(file)),
      inTables,
      delivered: delivered(),
      failures: [...followers.values()].flatMap(({ failures }) => failures),
      sums: await readSums(urls["scheduler"] ?? ""),
      kills: killed,
      announcements: unreliable,
    };
  } finally {
    stopping.abort();
    await Promise.all([...relays, ...writerProcesses].map((each) => each.end("SIGKILL")));
    await Promise.all(buses.map((bus) => bus.close()));
    await closeDatabases(systems);
    await redis?.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
