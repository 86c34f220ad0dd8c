import { sql } from "drizzle-orm";
import { type Event, presentType } from "#events/event.ts";
import { PublicError } from "#lib/errors.ts";
import { expiredPosition, invalidPosition, type LogPosition, sameLog } from "#lib/live/event-position.ts";
import type { Database } from "../client.ts";

import { statement } from "../statement.ts";

/** What reads a log: a database or a session, under the domain's system role. */
export type LogReader = Pick<Database, "domain" | "run">;

/** The log of one database at one moment. */
export interface LogState {
  /** The position up to which everything is settled. */
  head: LogPosition;
  /** The oldest position after which no event is missing. */
  oldest: LogPosition;
}

interface StoredEvent extends Omit<Event, "source" | "transaction" | "type"> {
  transaction: string;
  type: string;
}

const after = statement<StoredEvent>(
  () => sql`
    select transaction_id::text as transaction, id, event_id as "eventId", type, version, tenant_id as "tenantId",
      entity_type as "entityType", entity_key as "entityKey", entity_version as "entityVersion",
      to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "occurredAt", actor, request_id as "requestId", payload
    from read_outbox(${sql.placeholder("after")}::bigint, ${sql.placeholder("limit")}::int) order by id`,
);

const eventsAreGone = "NC001";
const eventIsYetToCome = "NC002";

/**
 * Returns the settled events after an id, oldest first.
 * @throws PublicError POSITION_EXPIRED; POSITION_INVALID when the log has not reached the id
 */
export async function readEvents(system: LogReader, afterId: number, limit: number): Promise<Event[]> {
  try {
    const rows = await system.run(after, { after: afterId, limit });
    return rows.map((row) => ({
      ...row,
      source: system.domain,
      transaction: Number(row.transaction),
      type: presentType(row.type),
    }));
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code;
    if (code === eventIsYetToCome) throw noSuchEvent(system);
    if (code !== eventsAreGone) throw error;
    const { oldest } = await readLogState(system);
    throw expiredPosition({ [system.domain]: oldest });
  }
}

// The newest event itself, not the settled id. Ids without an event may be assigned again after a crash of the server. They also name no transaction that would
// reveal a restored database.
const state = statement<{ log: string; head: number | null; transaction: string | null; horizon: number }>(
  () => sql`
    select replace(log_id::text, '-', '') as log, newest.id as head, horizon_id as horizon, newest.transaction_id::text as transaction
    from event_log cross join settled_outbox_id() as settled left join lateral (
      select id, transaction_id from outbox_events where id <= settled order by id desc limit 1
    ) as newest on true`,
);

export async function readLogState(system: LogReader): Promise<LogState> {
  const [row] = await system.run(state);
  if (!row) throw new Error(`The ${system.domain} database has no event log.`);
  const { log, head, transaction, horizon } = row;
  const oldest = { log, transaction: 0, id: horizon };
  return {
    head: head !== null && head > horizon ? { log, transaction: Number(transaction), id: head } : oldest,
    oldest,
  };
}

const known = statement<{ log: string; horizon: number; last: number; transaction: string | null }>(
  () => sql`
    select replace(log_id::text, '-', '') as log, horizon_id as horizon,
      (select case when is_called then last_value else 0 end from outbox_events_id_seq) as last,
      (select transaction_id::text from outbox_events where id = ${sql.placeholder("id")}::bigint) as transaction
    from event_log`,
);

/**
 * Checks that a client can read on from a position. A position from before the database was restored from a backup is found by the transaction: after the
 * restore, another transaction has written the event of that id.
 * @throws PublicError POSITION_INVALID, POSITION_EXPIRED
 */
export async function checkPosition(system: LogReader, position: LogPosition): Promise<void> {
  const [row] = await system.run(known, { id: position.id });
  if (!row) throw new Error(`The ${system.domain} database has no event log.`);
  if (!sameLog(row.log, position.log)) throw invalidPosition(`it is of another ${system.domain} database`);
  if (position.id < row.horizon) {
    throw expiredPosition({ [system.domain]: { log: row.log, transaction: 0, id: row.horizon } });
  }
  // At the horizon the event itself has been removed, as intended. After the horizon, an event that was there is still there.
  const rewritten =
    position.id > row.horizon && position.transaction !== 0 && Number(row.transaction ?? 0) !== position.transaction;
  if (position.id > Math.max(row.last, row.horizon) || rewritten) throw noSuchEvent(system);
}

const noSuchEvent = ({ domain }: LogReader) => invalidPosition(`the ${domain} database has no such event`);

/** Returns whether an error means that reading on from a position can never succeed, however often it is retried. */
export const isPositionGone = (error: unknown): boolean =>
  error instanceof PublicError && (error.code === "POSITION_EXPIRED" || error.code === "POSITION_INVALID");
