// One of the proof's programs that relay events, which may be killed at any moment. It runs a relay for each database, consumers, and a follower with
// the in-process bus. The follower writes what it receives to a file and resumes from there at its next start.
import { appendFileSync } from "node:fs";
import { openDatabases } from "#runtime/databases.ts";
import { domains } from "#db/columns.ts";
import { inProcessBus } from "#db/event-log/buses/in-process.ts";
import { notifyBus } from "#db/event-log/buses/notify.ts";
import { redisBus } from "#db/event-log/buses/redis.ts";
import { runConsumer } from "#db/event-log/consumer.ts";
import { EventLog, type EventStart } from "#db/event-log/event-log.ts";
import { runRelay } from "#db/event-log/relay.ts";
import { parsePosition, positionText } from "#lib/live/event-position.ts";
import { pause } from "#lib/pause.ts";
import { type Delivery, type ProcessArguments, readLines } from "./proof-files.ts";
import { carriedTypes, writeOf } from "./proof-writes.ts";
import { sumsConsumer } from "./sums-consumer.ts";

const { urls, redisUrl, file } = JSON.parse(process.argv[2] ?? "{}") as ProcessArguments;
const { signal } = new AbortController();
const url = (domain: (typeof domains)[number]) => urls[domain];

// It runs until it is killed, or until its parent exits.
process.stdin.resume().once("end", () => process.exit());

async function opened() {
  for (;;) {
    try {
      return await openDatabases({ url, embedded: false, stop: async () => undefined }, "system");
    } catch {
      // The program was started while the server was unavailable.
      await pause(100, signal);
    }
  }
}

const systems = await opened();
const buses = [inProcessBus(), notifyBus({ databases: systems, url }), ...(redisUrl ? [redisBus(redisUrl)] : [])];
const log = new EventLog({ databases: systems, buses, signal });

async function follow(): Promise<void> {
  const last = readLines<Delivery>(file).at(-1);
  let start: EventStart = last ? parsePosition(last.position) : "oldest";
  for (;;) {
    try {
      for await (const { events, position } of log.follow(start, { signal })) {
        start = position;
        const delivery: Delivery = { position: positionText(position), writes: events.map(writeOf) };
        // Written on a new line, even after a line that a killed process left unfinished.
        appendFileSync(file, `\n${JSON.stringify(delivery)}\n`);
      }
    } catch {
      await pause(100, signal);
    }
  }
}

for (const domain of domains) void runRelay({ domain, url: url(domain), buses, signal, takeoverMs: 100 });
for (const domain of domains) {
  const consumer = sumsConsumer(systems[domain], [carriedTypes[domain]]);
  void runConsumer(consumer, { system: systems.scheduler, log, signal });
}
void follow();
process.stdout.write("ready\n");
