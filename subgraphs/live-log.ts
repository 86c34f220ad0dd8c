import type { EventLog } from "#db/event-log/event-log.ts";
import type { EventSource, EventType } from "#events/event.ts";
import type { LiveLog } from "#lib/live-field.ts";

/** What a subgraph's subscriptions follow: of the process's one log that of the subgraph's own database, and no other. */
export const liveLog = (log: EventLog, source: EventSource): LiveLog => ({
  head: () => log.head([source]),
  follow: (start, { types, ...options }) =>
    // Types are named where the fields are, next to the payloads that they read.
    log.follow(start, { ...options, types: types as readonly EventType[], sources: [source] }),
});
