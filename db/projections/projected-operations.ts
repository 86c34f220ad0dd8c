import { sql } from "drizzle-orm";
import type { Domain } from "../columns.ts";
import type { EventOf } from "#events/event.ts";
import { domainOfOperation } from "#lib/operations/operation-id.ts";
import type { OperationState } from "#lib/operations/record.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { type ChangedRow, changeColumns, changeEvents } from "../changes.ts";
import type { Database, WriteTx } from "../client.ts";
import { append } from "../event-log/append.ts";
import { statement } from "../statement.ts";
import { projectedOperationChanges } from "../vms/changes.ts";
import { releaseSlotsOf, releaseSlotsOfRemoved } from "../vms/ended-slots-writes.ts";

/** An operation in the projection, as its domain has it. */
export interface ProjectedOperation {
  id: string;
  tenantId: string;
  kind: string;
  /** `Vm:<id>` */
  subject: string | null;
  state: OperationState;
  actor: string | null;
  createdAt: string;
  endedAt: string | null;
  version: number;
}

type Change = "created" | "updated" | "deleted";
export type OperationEvent = EventOf<`${Domain}_operation.${Change}`>;

/** The events of a domain's operations. */
export const operationEventTypes = (domain: Domain): OperationEvent["type"][] =>
  (["created", "updated", "deleted"] as const).map((change) => `${domain}_operation.${change}` as const);

const { placeholder } = sql;

/** Null for a text that is no UUID: an event that cannot be projected would stop the projection for good. */
const subjectId = sql`
  case when split_part(subject, ':', 2) ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then split_part(subject, ':', 2)::uuid end`;

const write = statement<ChangedRow>(
  () => sql`
    insert into projected_operations (id, tenant_id, kind, subject_type, subject_id, state, actor, created_at, ended_at, version)
    select distinct on (id) id, "tenantId", kind, split_part(subject, ':', 1), ${subjectId}, state, actor, "createdAt",
      "endedAt", version
    from jsonb_to_recordset(${placeholder("rows")}::text::jsonb) as input (id uuid, "tenantId" uuid, kind text, subject text, state text, actor text,
      "createdAt" timestamptz, "endedAt" timestamptz, version int)
    order by id, version desc
    on conflict (id) do update set tenant_id = excluded.tenant_id, kind = excluded.kind, subject_type = excluded.subject_type,
      subject_id = excluded.subject_id, state = excluded.state, actor = excluded.actor, created_at = excluded.created_at, ended_at = excluded.ended_at,
      version = excluded.version, projected_at = clock_timestamp()
    where excluded.version > projected_operations.version
      or projected_operations.projected_at < to_timestamp(${placeholder("unlessSince")}::float8)
    returning ${changeColumns(projectedOperationChanges)}`,
);

/**
 * Writes these operations, unless a later state of an operation is known, with an event for each that changed.
 * @param unlessSince a time of the projection's clock: a row that was projected before it is replaced, whatever its version
 */
export async function projectOperations(
  tx: WriteTx,
  rows: readonly ProjectedOperation[],
  unlessSince = 0,
): Promise<void> {
  if (rows.length === 0) return;
  const written = await tx.run(write, { rows: JSON.stringify(rows), unlessSince });
  await append(tx, changeEvents(projectedOperationChanges, written));
  // The net under the last step of each operation: a slot never outlives its operation. A parked one keeps it, because nobody knows what still runs.
  const ended = rows.filter(({ endedAt, state }) => endedAt !== null && state !== "parked");
  if (ended.length > 0)
    await releaseSlotsOf(
      tx,
      ended.map(({ id }) => id),
    );
}

const remove = statement<ChangedRow>(
  () => sql`
    delete from projected_operations where id = any(${placeholder("ids")}::uuid[]) returning ${changeColumns(projectedOperationChanges)}`,
);

async function removeOperations(tx: WriteTx, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await append(tx, changeEvents(projectedOperationChanges, await tx.run(remove, { ids }), "deleted"));
  // Their end may never have been recorded here: it came with their removal, or their database was restored without them.
  await releaseSlotsOfRemoved(tx, ids);
}

/** Applies the events of operations. No event follows the one of an operation's removal. */
export async function applyOperationEvents(tx: WriteTx, events: readonly OperationEvent[]): Promise<void> {
  const removed = events.filter(({ type }) => type.endsWith(".deleted")).map(({ entityKey }) => entityKey);
  await projectOperations(
    tx,
    events
      .filter(({ entityKey }) => !removed.includes(entityKey))
      .map(({ entityKey, tenantId, entityVersion, payload: { state, ...payload } }) => ({
        ...payload,
        state: state as OperationState,
        id: entityKey,
        tenantId,
        version: entityVersion,
      })),
  );
  await removeOperations(tx, removed);
}

const columns = sql`id, tenant_id as "tenantId", kind, subject, state, actor, created_at as "createdAt", ended_at as "endedAt", version`;

const sourcePage = statement<ProjectedOperation>(
  () => sql`
    select ${columns} from operations where id > ${placeholder("after")}::uuid order by id limit ${placeholder("limit")}::int`,
);

/** Yields all operations of a domain, of all tenants, by id. */
export const allOperations = (source: Database): AsyncGenerator<ProjectedOperation[]> =>
  pages((values) => source.run(sourcePage, values));

const projectedContents = statement<ProjectedOperation>(
  () => sql`
    select id, tenant_id as "tenantId", kind, subject_type || ':' || subject_id as subject, state, actor, created_at as "createdAt", ended_at as "endedAt",
      version
    from projected_operations where id > ${placeholder("after")}::uuid order by id limit ${placeholder("limit")}::int`,
);

/** Yields the operations of a domain in the projection, of all tenants, by id. */
export async function* projectedOperationsOf(target: Database, domain: Domain): AsyncGenerator<ProjectedOperation[]> {
  for await (const rows of pages((values) => target.run(projectedContents, values)))
    yield rows.filter(({ id }) => domainOfOperation(id) === domain);
}

const projectedPage = statement<{ id: string }>(
  () => sql`
    select id from projected_operations where id > ${placeholder("after")}::uuid and projected_at < to_timestamp(${placeholder("before")}::float8)
    order by id limit ${placeholder("limit")}::int`,
);

/** Removes the operations of a domain that were projected before a time of the projection's clock and are not among these. */
export async function removeOtherOperations(
  target: Database,
  { domain, before, known }: { domain: Domain; before: number; known: ReadonlySet<string> },
): Promise<void> {
  for await (const rows of pages((values) => target.run(projectedPage, { ...values, before }))) {
    const gone = rows.map(({ id }) => id).filter((id) => domainOfOperation(id) === domain && !known.has(id));
    await target.write(operationProjectionScope, (tx) => removeOperations(tx, gone));
  }
}

export const operationProjectionScope = { tenantId: platformTenantId, actor: "job:operation-projection" };

/** Each transaction locks the ended operations of a page, and the server has room for some thousand locks of all transactions. */
const pageSize = 200;

async function* pages<Row extends { id: string }>(
  read: (values: { after: string; limit: number }) => Promise<Row[]>,
): AsyncGenerator<Row[]> {
  let after = "00000000-0000-0000-0000-000000000000";
  for (;;) {
    const rows = await read({ after, limit: pageSize });
    if (rows.length > 0) yield rows;
    if (rows.length < pageSize) return;
    after = rows.at(-1)?.id ?? after;
  }
}
