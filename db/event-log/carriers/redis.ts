import { Redis, type RedisOptions } from "ioredis";
import type { EventSource } from "#events/event.ts";
import { log } from "#lib/log.ts";
import { pause } from "#lib/pause.ts";
import type { Announcement, Carrier } from "./carrier.ts";

const commandTimeoutMs = 100;
const blockMs = 1_000;
const reconnectMs = 200;
/** Entries older than this are trimmed: positions never depend on them, so that a listener needs no more than its own reconnect. */
const keptMs = 3_600_000;
/** A larger announcement carries no events: whoever hears it reads the outbox. */
const maxEntryBytes = 262_144;

const streamKey = (source: string, of: string): string => `novacron:events:${of}:${source}`;

/**
 * For many processes: each announcement is an entry of a stream, with its events. Every process has one connection that blocks for entries,
 * and one for its own announcements; a Redis that does not answer within 100 ms is done without.
 */
export function redisCarrier(url: string): Carrier {
  const options: RedisOptions = {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
    retryStrategy: () => reconnectMs,
    // Said by whoever waits for an answer; without a listener an error would end the process.
    reconnectOnError: () => false,
  };
  const writer = new Redis(url, { ...options, commandTimeout: commandTimeoutMs });
  writer.on("error", (error) => log.events.debug({ err: error }, "the connection to Redis failed"));
  writer.connect().catch(() => undefined);
  let listening: boolean | undefined;
  let announced = true;
  return {
    name: "redis",
    get healthy() {
      return listening !== false && announced;
    },
    announce: async (announcement) => {
      try {
        const { source, log: of } = announcement;
        const text = entryText(announcement);
        await writer.xadd(streamKey(source, of), "MINID", "~", Date.now() - keptMs, "*", "announcement", text);
        announced = true;
      } catch (error) {
        announced = false;
        throw error;
      }
    },
    listen: async (logs, ears, signal) => {
      const keys = (Object.keys(logs) as EventSource[]).map((source) => streamKey(source, logs[source] ?? ""));
      while (!signal.aborted) {
        const reader = new Redis(url, { ...options, retryStrategy: () => null });
        reader.on("error", () => undefined);
        const stop = () => reader.disconnect();
        signal.addEventListener("abort", stop, { once: true });
        try {
          await reader.connect();
          await readEntries(reader, keys, ears.hear, signal, () => {
            if (listening !== true) ears.listening();
            listening = true;
          });
        } catch (error) {
          if (!signal.aborted)
            log.events.debug({ err: error }, "reading events from Redis failed and will be tried again");
        }
        listening = false;
        signal.removeEventListener("abort", stop);
        reader.disconnect();
        await pause(reconnectMs, signal);
      }
    },
    close: async () => writer.disconnect(),
  };
}

function entryText(announcement: Announcement): string {
  const text = JSON.stringify(announcement);
  return text.length <= maxEntryBytes ? text : JSON.stringify({ ...announcement, events: undefined });
}

/** Entries from now on. What came before, or while nobody read, is found by the gap and by looking into the log. */
async function readEntries(
  reader: Redis,
  keys: readonly string[],
  hear: (announcement: Announcement) => void,
  signal: AbortSignal,
  alive: () => void,
): Promise<void> {
  const position = new Map(keys.map((key) => [key, "$"]));
  while (!signal.aborted) {
    const read = reader.xread("BLOCK", blockMs, "STREAMS", ...keys, ...position.values());
    const streams = await answered(read, signal);
    alive();
    for (const [key, entries] of streams ?? []) {
      for (const [id, fields] of entries) {
        position.set(key, id);
        hear(JSON.parse(fields[1] ?? "") as Announcement);
      }
    }
  }
}

const late = Symbol("no answer yet");

/** A Redis that is stopped in its tracks keeps its connections and answers nothing. */
async function answered<T>(read: Promise<T>, signal: AbortSignal): Promise<T> {
  await pause(2 * blockMs, signal, read);
  const answer = await Promise.race([read, Promise.resolve(late)]);
  if (answer === late) {
    read.catch(() => undefined);
    throw new Error("Redis did not answer.");
  }
  return answer;
}
