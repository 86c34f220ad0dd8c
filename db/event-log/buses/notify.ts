import { sql } from "drizzle-orm";
import type { EventSource } from "#events/event.ts";
import { log } from "#lib/observability/log.ts";
import { pause } from "#lib/pause.ts";
import type { Database } from "../../client.ts";
import { statement } from "../../statement.ts";
import { openSession } from "../session.ts";
import type { Announcement, EventBus, AnnouncementListener } from "./event-bus.ts";

const channel = "novacron_events";
const reconnectMs = 200;

const notify = statement<never>(() => sql`select pg_notify(${channel}, ${sql.placeholder("payload")}::text)`);

export interface NotifyOptions {
  /** The databases under their system roles. Their relays announce through this bus. */
  databases: Readonly<Partial<Record<EventSource, Database>>>;
  url(source: EventSource): string;
}

/** Returns a bus for processes that share only databases. A notification carries ids, never the contents of events. */
export function notifyBus({ databases, url }: NotifyOptions): EventBus {
  const listening = new Map<EventSource, boolean>();
  return {
    name: "notify",
    get healthy() {
      return listening.size > 0 && [...listening.values()].every(Boolean);
    },
    announce: async ({ source, log: of, after, last }) => {
      await databases[source]?.run(notify, { payload: JSON.stringify({ source, log: of, after, last }) });
    },
    listen: async (logs, listener, signal) => {
      const sources = Object.keys(logs) as EventSource[];
      await Promise.all(sources.map((source) => listenTo(source, url(source), listening, listener, signal)));
    },
    close: async () => undefined,
  };
}

async function listenTo(
  source: EventSource,
  url: string,
  listening: Map<EventSource, boolean>,
  listener: AnnouncementListener,
  signal: AbortSignal,
): Promise<void> {
  const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  listening.set(source, false);
  while (!signal.aborted) {
    try {
      const session = await openSession({
        domain: source,
        url,
        name: "novacron events",
        channels: [channel],
        onNotify: (_channel, payload) => receive(payload, listener),
      });
      listening.set(source, true);
      listener.listening();
      await Promise.race([session.closed, aborted]);
      await session.close();
    } catch (error) {
      log.events.debug({ err: error, source }, "listening to a database failed and will be tried again");
    }
    listening.set(source, false);
    await pause(reconnectMs, signal);
  }
  listening.delete(source);
}

/** Any user who may connect may notify: a payload that is no announcement must not end the process. */
function receive(payload: string, listener: AnnouncementListener): void {
  try {
    listener.onAnnouncement(JSON.parse(payload) as Announcement);
  } catch (error) {
    log.events.warn({ err: error }, "a notification was not an announcement");
  }
}
