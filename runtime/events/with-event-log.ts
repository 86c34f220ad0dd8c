import { type Databases, withSystems } from "#runtime/databases.ts";
import type { Environment } from "#runtime/environment.ts";
import { notifyBus } from "#db/event-log/buses/notify.ts";
import { redisBus } from "#db/event-log/buses/redis.ts";
import { EventLog, type EventStart } from "#db/event-log/event-log.ts";
import { parsePosition } from "#lib/live/event-position.ts";
import { onStop } from "#lib/process/stop-signals.ts";

export interface CommandLog {
  log: EventLog;
  /** The databases under their system roles. */
  systems: Databases;
  /** Aborts at Ctrl-C and SIGTERM. */
  signal: AbortSignal;
}

/** Opens the event log for as long as a command uses it. The server may already be running or not. */
export async function withEventLog<T>(environment: Environment, use: (log: CommandLog) => Promise<T>): Promise<T> {
  const stopping = new AbortController();
  const forgetSignals = onStop(() => stopping.abort());
  try {
    return await withSystems(environment, async (systems, server) => {
      const { redisUrl } = environment;
      const bus = redisUrl
        ? redisBus(redisUrl)
        : notifyBus({ databases: systems, url: (source) => server.url(source, "system") });
      const ended = new AbortController();
      const log = new EventLog({ databases: systems, buses: [bus], signal: ended.signal });
      try {
        return await use({ log, systems, signal: stopping.signal });
      } finally {
        ended.abort();
        await log.running;
        await bus.close();
      }
    });
  } finally {
    forgetSignals();
  }
}

/** Parses `now`, `oldest`, or the text of a position. @throws PublicError POSITION_INVALID */
export const startOf = (text: string): EventStart => (text === "now" || text === "oldest" ? text : parsePosition(text));
