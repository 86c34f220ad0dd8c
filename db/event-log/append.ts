import { sql } from "drizzle-orm";
import { maxPayloadBytes } from "#events/catalogue.ts";
import { eventDefinition, type EventPayload, type EventType } from "#events/event.ts";
import { PublicError } from "#lib/errors.ts";
import { newId } from "#lib/uuid.ts";
import type { Tx, WriteTx } from "../client.ts";
import { statement } from "../statement.ts";

/** An event as its writer describes it, with the payload that the catalogue defines. The transaction adds the actor and the request. */
export type NewEvent<Type extends EventType = EventType> = { [Each in Type]: NewEventOf<Each> }[Type];

interface NewEventOf<Type extends EventType> {
  type: Type;
  /** The key of the entity, as the catalogue defines it. */
  key: string;
  /** The entity's own count of its writes; 0 where it has none. */
  entityVersion?: number;
  /** The transaction's tenant, unless what changed belongs to another: to the platform, when it belongs to no tenant. */
  tenantId?: string;
  payload: EventPayload<Type>;
}

const insert = statement<never>(
  () => sql`
    insert into outbox_events (event_id, type, version, tenant_id, entity_type, entity_key, entity_version, actor, request_id, payload)
    select "eventId", type, version, "tenantId", "entityType", "entityKey", "entityVersion", ${sql.placeholder("actor")}::text,
      ${sql.placeholder("requestId")}::text, payload
    from rows from (jsonb_to_recordset(${sql.placeholder("events")}::text::jsonb) as ("eventId" uuid, type text, version smallint,
      "tenantId" uuid, "entityType" text, "entityKey" text, "entityVersion" bigint, payload jsonb)) with ordinality as input
    order by input.ordinality`,
);

/**
 * Writes events into the outbox, in the transaction of their change and after it. The row locks of the change then put the events of an entity into the order
 * of its writes. The inserts are sent but not awaited: the transaction fails if they fail.
 * @throws PublicError EVENT_TOO_LARGE; Error for a type or a payload that the catalogue does not have
 */
export async function append(tx: WriteTx, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map((event) => outboxRow(tx, event));
  tx.enqueue(insert, {
    events: `[${rows.join(",")}]`,
    actor: tx.actor ?? null,
    requestId: tx.requestId ?? null,
  });
}

/** Returns the row as JSON text. The payload is measured in the form in which it is sent. */
function outboxRow(tx: Tx, { type, key, entityVersion = 0, tenantId = tx.tenantId, payload }: NewEvent): string {
  const { version, entity, payload: shape } = eventDefinition(tx.domain, type);
  const payloadText = JSON.stringify(shape.parse(payload));
  const bytes = Buffer.byteLength(payloadText);
  if (bytes > maxPayloadBytes) {
    throw new PublicError("EVENT_TOO_LARGE", `The event ${type} of this change would hold ${bytes} bytes.`, {
      event: type,
      limitBytes: maxPayloadBytes,
    });
  }
  const rest = { eventId: newId(), type, version, tenantId, entityType: entity, entityKey: key, entityVersion };
  return `${JSON.stringify(rest).slice(0, -1)},"payload":${payloadText}}`;
}
