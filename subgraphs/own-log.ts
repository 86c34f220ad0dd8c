import { openDatabase } from "#db/client.ts";
import type { Domain } from "#db/columns.ts";
import { notifyCarrier } from "#db/event-log/carriers/notify.ts";
import { redisCarrier } from "#db/event-log/carriers/redis.ts";
import { EventLog } from "#db/event-log/event-log.ts";
import { readRedisUrl } from "#lib/redis-url.ts";
import { endedAfter } from "#lib/pause.ts";

/** How long after its end somebody may be in the middle of a read. */
const endingMs = 3_000;

export interface OwnLog {
  log: EventLog;
  close(): Promise<void>;
}

/**
 * The event log of the one database that a subgraph has when it runs as a process of its own, read under the system role. Its relay runs
 * elsewhere, with the jobs: announcements come by Redis where `REDIS_URL` names one, and by PostgreSQL's notifications else.
 */
export async function openOwnLog(domain: Domain, url: string): Promise<OwnLog> {
  const redisUrl = readRedisUrl();
  const system = await openDatabase({ domain, url, as: "system", maxConnections: 2 });
  const databases = { [domain]: system };
  const carrier = redisUrl ? redisCarrier(redisUrl) : notifyCarrier({ databases, url: () => url });
  const ending = new AbortController();
  const log = new EventLog({ databases, carriers: [carrier], signal: ending.signal });
  return {
    log,
    close: async () => {
      ending.abort();
      await endedAfter(ending.signal, endingMs, log.running);
      await Promise.all([carrier.close(), system.close()]);
    },
  };
}
