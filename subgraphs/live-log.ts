import type { EventLog } from "#db/event-log/event-log.ts";
import type { EventSource, EventType } from "#events/event.ts";
import type { LiveLog } from "#lib/live/live-field.ts";

/** Returns the log that a subgraph's subscriptions follow: the part of the process's event log that its own database writes. */
export const liveLog = (log: EventLog, source: EventSource): LiveLog => ({
  head: () => log.head([source]),
  follow: (start, { types, ...options }) =>
    // The subscription fields define the types, next to the payloads that they read.
    log.follow(start, { ...options, types: types as readonly EventType[], sources: [source] }),
});
