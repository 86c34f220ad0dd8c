import { type SQL, sql } from "drizzle-orm";
import { operationType } from "#lib/operations/operation-id.ts";
import type { Tx } from "../client.ts";
import type { Domain } from "../columns.ts";

const { placeholder } = sql;
const iso = (column: string) => sql.raw(`to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`);

/**
 * Returns the insert of an operation's event, for the statement that changes it: a worker then records a change in one round trip. Its payload is that of
 * `events/operations.ts`.
 * @param from the name of the query that returns the changed row
 * @param by whose change it is: the worker's on behalf of who started the operation, or that of the transaction's actor
 */
export const eventOf = (
  from: string,
  change: "created" | "updated" | "deleted",
  by: "starter" | "caller" = "starter",
): SQL => sql`
  insert into outbox_events (event_id, type, version, tenant_id, entity_type, entity_key, entity_version, actor, request_id, payload)
  select gen_random_uuid(), ${placeholder("event")}::text || ${sql.raw(`'.${change}'`)}, 1, tenant_id, ${placeholder("entityType")}::text, id::text, version,
    ${by === "starter" ? sql`actor, request_id` : sql`${placeholder("by")}::text, ${placeholder("byRequest")}::text`}, jsonb_build_object('kind', kind, 'subject', subject, 'state', state, 'actor', actor,
      'createdAt', ${iso("created_at")}, 'endedAt', ${iso("ended_at")})
  from ${sql.raw(from)}`;

/** Returns the values of the placeholders in `eventOf`. */
export const eventNames = (domain: Domain) => ({
  event: `${domain}_operation`,
  entityType: operationType(domain),
});

/** Returns them for an event that names the transaction's actor. */
export const eventNamesOf = ({ domain, actor, requestId }: Pick<Tx, "domain" | "actor" | "requestId">) => ({
  ...eventNames(domain),
  by: actor ?? null,
  byRequest: requestId ?? null,
});
