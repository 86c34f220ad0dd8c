import { type SQL, sql } from "drizzle-orm";
import { operationType } from "#lib/operations/operation-id.ts";
import type { Domain } from "../columns.ts";

const { placeholder } = sql;
const iso = (column: string) => sql.raw(`to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`);

/**
 * Returns the insert of an operation's event, for the statement that changes it: a worker then records a change in one round trip. Its payload is that of
 * `events/operations.ts`; the actor is the one who started the operation.
 * @param from the name of the query that returns the changed row
 */
export const eventOf = (from: string, change: "created" | "updated" | "deleted"): SQL => sql`
  insert into outbox_events (event_id, type, version, tenant_id, entity_type, entity_key, entity_version, actor, request_id, payload)
  select gen_random_uuid(), ${placeholder("event")}::text || ${sql.raw(`'.${change}'`)}, 1, tenant_id, ${placeholder("entityType")}::text, id::text, version,
    actor, request_id, jsonb_build_object('kind', kind, 'subject', subject, 'state', state, 'actor', actor,
      'createdAt', ${iso("created_at")}, 'endedAt', ${iso("ended_at")})
  from ${sql.raw(from)}`;

/** Returns the values of the placeholders in `eventOf`. */
export const eventNames = (domain: Domain) => ({
  event: `${domain}_operation`,
  entityType: operationType(domain),
});
