import { Redis, type RedisOptions } from "ioredis";
import type { EventSource } from "#events/event.ts";
import { log } from "#lib/observability/log.ts";
import { pause } from "#lib/pause.ts";
import type { Announcement, EventBus } from "./event-bus.ts";

const commandTimeoutMs = 100;
const blockMs = 1_000;
const reconnectMs = 200;
/** Longer than a blocking read. A connection that received nothing for so long, the handshake included, is half open. */
const silentMs = 2_000;
/** Entries are kept for about this long. Positions never depend on them: a follower that is further behind finds the gap and reads the outbox. */
const keptMs = 60_000;
const readAtOnce = 16;
/** A larger announcement carries no events, so its receivers read the outbox. */
const maxEntryBytes = 262_144;

const streamKey = (source: string, of: string): string => `novacron:events:${of}:${source}`;

/**
 * Returns a bus for many processes. Each announcement is an entry of a stream, with its events. Every process has one connection that blocks for entries,
 * and one for its own announcements. When Redis does not answer within 100 ms, the relay continues without it.
 */
export function redisBus(url: string): EventBus {
  const options: RedisOptions = {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: silentMs,
    // Also frees the memory of commands whose callers no longer wait.
    socketTimeout: silentMs,
    retryStrategy: () => reconnectMs,
    reconnectOnError: () => false,
  };
  const writer = new Redis(url, { ...options, commandTimeout: commandTimeoutMs });
  // Without a listener, an error would end the process.
  writer.on("error", (error) => log.events.debug({ err: error }, "the connection to Redis failed"));
  writer.connect().catch(() => undefined);
  let listening = false;
  let announced = true;
  return {
    name: "redis",
    get healthy() {
      return listening && announced;
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
    listen: async (logs, listener, signal) => {
      const keys = (Object.keys(logs) as EventSource[]).map((source) => streamKey(source, logs[source] ?? ""));
      while (!signal.aborted) {
        const reader = new Redis(url, { ...options, retryStrategy: () => null });
        reader.on("error", () => undefined);
        const stop = () => reader.disconnect();
        signal.addEventListener("abort", stop, { once: true });
        try {
          await reader.connect();
          await readEntries(reader, keys, listener.onAnnouncement, signal, () => {
            listening = true;
            listener.listening();
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

/** Reads entries from now on. Earlier entries, and those missed in between, are found by the gap and by polling the log. */
async function readEntries(
  reader: Redis,
  keys: readonly string[],
  onAnnouncement: (announcement: Announcement) => void,
  signal: AbortSignal,
  begun: () => void,
): Promise<void> {
  // Not `$`, which means the end at the time of each read. Entries that arrive between two reads of a quiet stream would be skipped.
  const ends = await Promise.all(keys.map((key) => reader.xrevrange(key, "+", "-", "COUNT", 1)));
  const position = new Map(keys.map((key, index) => [key, ends[index]?.[0]?.[0] ?? "0-0"]));
  begun();
  while (!signal.aborted) {
    const streams = await reader.xread("COUNT", readAtOnce, "BLOCK", blockMs, "STREAMS", ...keys, ...position.values());
    for (const [key, entries] of streams ?? []) {
      for (const [id, fields] of entries) {
        position.set(key, id);
        onAnnouncement(JSON.parse(fields[1] ?? "") as Announcement);
      }
    }
  }
}
