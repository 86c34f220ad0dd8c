import { openDatabase } from "#db/client.ts";
import type { Domain } from "#db/columns.ts";
import { notifyBus } from "#db/event-log/buses/notify.ts";
import { redisBus } from "#db/event-log/buses/redis.ts";
import { EventLog } from "#db/event-log/event-log.ts";
import { readRedisUrl } from "#lib/process/redis-url.ts";
import { endedAfter } from "#lib/pause.ts";

/** The time in milliseconds that a read may take to finish after the log was ended. */
const endingMs = 3_000;

export interface OwnLog {
  log: EventLog;
  close(): Promise<void>;
}

/**
 * Opens the event log of a subgraph's database for a subgraph that runs in its own process. It is read under the system role. The relay
 * runs in the process of the jobs. Announcements arrive through Redis when `REDIS_URL` is set, and through PostgreSQL notifications otherwise.
 */
export async function openOwnLog(domain: Domain, url: string): Promise<OwnLog> {
  const redisUrl = readRedisUrl();
  const system = await openDatabase({ domain, url, as: "system", maxConnections: 2 });
  const databases = { [domain]: system };
  const bus = redisUrl ? redisBus(redisUrl) : notifyBus({ databases, url: () => url });
  const ending = new AbortController();
  const log = new EventLog({ databases, buses: [bus], signal: ending.signal });
  return {
    log,
    close: async () => {
      ending.abort();
      await endedAfter(ending.signal, endingMs, log.running);
      await Promise.all([bus.close(), system.close()]);
    },
  };
}
