import type { Database } from "#db/client.ts";
import type { Domain } from "#db/columns.ts";
import type { Event } from "#events/event.ts";
import { PublicError } from "#lib/errors.ts";

export interface LogInMemory {
  database: Database;
  /** All events that were written. */
  events: Event[];
  /** Writes one event. Its id can leave a gap, as rolled-back transactions do. */
  write(gap: number): void;
  /** Makes the next `count` reads of events fail, as with an unavailable database. */
  failNext(count: number): void;
}

export const logId = "0123456789abcdef0123456789abcdef";

/** Returns the log of one database as a `Database` that executes the statements of db/event-log/stored-events.ts, for thousands of fast schedules. */
export function logInMemory(domain: Domain): LogInMemory {
  const events: Event[] = [];
  let failures = 0;
  const answer = (values: Readonly<Record<string, unknown>>): unknown[] => {
    const last = events.at(-1);
    if ("limit" in values) {
      const found = events.filter(({ id }) => id > Number(values["after"])).slice(0, Number(values["limit"]));
      return found.map((event) => ({ ...event, transaction: String(event.transaction) }));
    }
    const transaction = (of: Event | undefined) => (of ? String(of.transaction) : null);
    if ("id" in values) {
      const at = events.find(({ id }) => id === values["id"]);
      return [{ log: logId, horizon: 0, last: last?.id ?? 0, transaction: transaction(at) }];
    }
    return [{ log: logId, horizon: 0, head: last?.id ?? null, transaction: transaction(last) }];
  };
  const database: Pick<Database, "domain" | "run"> = {
    domain,
    run: async <Row>(_statement: unknown, values: Readonly<Record<string, unknown>> = {}) => {
      const found = answer(values) as Row[];
      // Other reads are interleaved while this one is running, as with a real database.
      await new Promise((resolve) => setImmediate(resolve));
      if (failures > 0 && "limit" in values) {
        failures -= 1;
        throw new PublicError("DATABASE_UNAVAILABLE", "The database cannot be reached.");
      }
      return found;
    },
  };
  return {
    database: database as Database,
    events,
    write: (gap) => {
      const id = (events.at(-1)?.id ?? 0) + 1 + gap;
      events.push({ source: domain, id, transaction: 1_000 + id, eventId: String(id), type: "vm.updated" } as Event);
    },
    failNext: (count) => (failures = count),
  };
}
