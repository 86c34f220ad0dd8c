// One of the proof's writers, as a separate process. It writes until SIGTERM, with several transactions at once: quick and slow ones, of one
// aggregate or several, with savepoints, committed and rolled back. It writes each outcome that it knows to a file.
import { appendFileSync } from "node:fs";
import { closeDatabases, openDatabases } from "#runtime/databases.ts";
import { noise } from "#import/seeded-random.ts";
import { domains } from "#db/columns.ts";
import type { WriteTx } from "#db/client.ts";
import { statement } from "#db/statement.ts";
import { pause } from "#lib/pause.ts";
import { newId } from "#lib/uuid.ts";
import { sql } from "drizzle-orm";
import type { Write } from "./delivery-check.ts";
import { type Attempt, type WriterArguments } from "./proof-files.ts";
import { writeAggregate } from "./proof-writes.ts";

const { urls, keys, seed, file } = JSON.parse(process.argv[2] ?? "{}") as WriterArguments;
let drawn = 0;
const random = () => noise(seed, drawn++);
const one = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
const stopping = new AbortController();
process.once("SIGTERM", () => stopping.abort());
process.stdin.resume().once("end", () => process.exit(1));
const services = await openDatabases({ url: (domain) => urls[domain], embedded: false, stop: async () => undefined });

class ChangedMyMind extends Error {}
const savepoint = statement(() => sql`savepoint proof`);
const rollbackToSavepoint = statement(() => sql`rollback to savepoint proof`);

/** Resolved when any transaction of this process ends: slow ones stay open until others have ended. */
let waiting: (() => void)[] = [];
const nextEnd = () => new Promise<void>((resolve) => waiting.push(resolve));

async function attempt(): Promise<Attempt> {
  const operation = newId();
  const slow = random() < 0.15;
  const rollsBack = random() < 0.15;
  const returns = random() < 0.15;
  const chosen = [...new Set(Array.from({ length: 1 + Math.floor(random() * 3) }, () => one(keys)))];
  let writes: Write[] = [];
  const work = async (tx: WriteTx) => {
    writes = [];
    if (returns) {
      await tx.run(savepoint);
      await writeAggregate(tx, { key: one(keys), operation: newId(), amount: 1_000 });
      await tx.run(rollbackToSavepoint);
    }
    for (const key of chosen) {
      writes.push(await writeAggregate(tx, { key, operation, amount: Math.floor(random() * 100) }));
      if (slow) await pause(200, stopping.signal, nextEnd());
    }
    if (rollsBack) throw new ChangedMyMind();
  };
  try {
    await services[one(domains)].write({ tenantId: newId(), actor: "job:proof" }, work);
    return { outcome: "committed", operation, writes };
  } catch (error) {
    return { outcome: error instanceof ChangedMyMind ? "rolled back" : "unknown", operation, writes };
  }
}

async function keepWriting(): Promise<void> {
  while (!stopping.signal.aborted) {
    const attempted = await attempt();
    appendFileSync(file, `${JSON.stringify(attempted)}\n`);
    const ended = waiting;
    waiting = [];
    for (const resolve of ended) resolve();
    // The pause leaves processor time for the programs under test.
    await pause(5 + random() * 40, stopping.signal);
  }
}

process.stdout.write("ready\n");
await Promise.all([keepWriting(), keepWriting(), keepWriting()]);
await closeDatabases(services);
process.exit();
