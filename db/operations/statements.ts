import { sql } from "drizzle-orm";
import { countedWrite } from "../row-writes.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import type { OperationRecord, StepRecord } from "#lib/operations/record.ts";
import { eventOf } from "./events.ts";
import { operations, operationWorkers } from "./tables.ts";

export const channel = "novacron_operations";

const { placeholder } = sql;
const milliseconds = (name: string) => sql`${placeholder(name)}::float8 * interval '1 millisecond'`;

export type StoredOperation = Omit<OperationRecord, "steps" | "actor" | "requestId" | "resumesInMs"> & {
  actor: string | null;
  requestId: string | null;
  resumesInMs: number | null;
  steps: (Omit<StepRecord, "result" | "error"> &
    Pick<{ [Name in keyof StepRecord]: StepRecord[Name] | null }, "result" | "error">)[];
};

const record = sql`
  id, tenant_id as "tenantId", actor, request_id as "requestId", kind, definition_version as "definitionVersion", step_names as "stepNames", input, state, signals,
  cancel_requested_at is not null as "cancelRequested", token,
  extract(epoch from resumes_at - clock_timestamp())::float8 * 1000 as "resumesInMs"`;

/** @param of the name of the query that returns the operations */
const steps = (of: "claimed" | "operations") => sql`
  (select coalesce(jsonb_agg(jsonb_build_object('position', position, 'name', name, 'state', step.state, 'attempts', attempts,
      'undoAttempts', undo_attempts, 'result', result, 'error', step.error) order by position), '[]')
    from operation_steps step where operation_id = ${sql.raw(of)}.id and step.tenant_id = ${sql.raw(of)}.tenant_id) as steps`;

const definition = sql`jsonb_build_array(kind, definition_version, step_names)`;
/** A subquery, so that it is computed once. */
const known = sql`(select ${placeholder("known")}::text[]::jsonb[])::jsonb[]`;
const unknownAfter = milliseconds("unknownAfterMs");

/**
 * Records that a worker lives, and resumes what was parked for want of a definition that it has. Workers that have not reported for a day are forgotten.
 * Under the system role, for all tenants.
 */
export const announceWorker = statement<{ id: string }>(
  () => sql`
    with worker as (
      insert into ${operationWorkers} (id, known) values (${placeholder("workerId")}::uuid, ${placeholder("known")}::text[]::jsonb[])
      on conflict (id) do update set known = excluded.known, ${countedWrite(operationWorkers)},
        since = case when operation_workers.updated_at > now() - ${unknownAfter} then operation_workers.since else now() end
    ), forgotten as (
      delete from ${operationWorkers} where updated_at < now() - interval '1 day' and id <> ${placeholder("workerId")}::uuid
    ), resumed as (
      update ${operations} set state = suspended ->> 'state', error = nullif(suspended -> 'error', 'null'), suspended = null, left_behind = null,
        ended_at = null, claimable_at = clock_timestamp(), ${countedWrite(operations)}
      where state = 'parked' and suspended is not null and ${definition} = any(${known}) returning ${operations}.*
    ), event as (${eventOf("resumed", "updated")})
    select id, pg_notify(${channel}, id::text) as woken from resumed`,
);

/** The worker has lived for long enough to judge, and no worker that lives knows the operation's definition. */
const isUnknown = sql`
  exists (select from ${operationWorkers} where id = ${placeholder("workerId")}::uuid and updated_at > now() - ${unknownAfter} and since <= now() - ${unknownAfter})
  and not exists (select from ${operationWorkers} where updated_at > now() - ${unknownAfter} and ${definition} = any(known))`;

/**
 * Under the system role, for all tenants. `now()` is fixed within the statement, so that the index serves it; every other comparison of times is of the moment
 * in which the row is locked. An operation with its first token has only the steps of its start and is returned whole; of the others, `readClaimed` returns what is recorded.
 */
export const claimDue = statement<{ first: StoredOperation[]; ids: string[]; nextInMs: number | null }>(
  () => sql`
    with due as (
      select id from operations
      where claimable_at <= now()
        and (${definition} = any(${known}) or claimable_at <= now() - ${unknownAfter} and ${isUnknown})
      order by claimable_at limit ${placeholder("limit")}::int for update skip locked
    ), claimed as (
      update ${operations} set lease_id = ${placeholder("leaseId")}::uuid, token = token + 1, ${countedWrite(operations)},
        claimable_at = clock_timestamp() + ${milliseconds("leaseMs")}
      from due where operations.id = due.id returning ${operations}.*
    ), first as (select ${record}, ${steps("claimed")} from claimed where token = 1)
    select (select coalesce(json_agg(first), '[]') from first) as first,
      (select coalesce(json_agg(id), '[]') from claimed where token > 1) as ids,
      (select extract(epoch from min(claimable_at) - now())::float8 * 1000 from operations where claimable_at > now()) as "nextInMs"`,
);

const isHeld = sql`lease_id = ${placeholder("leaseId")}::uuid and claimable_at > clock_timestamp()`;

export const extendLease = statement<{ id: string }>(
  () => sql`
    update ${operations} set claimable_at = clock_timestamp() + ${milliseconds("leaseMs")}, ${countedWrite(operations)}
    where id = ${placeholder("id")}::uuid and ${ofTenant(operations.tenantId)} and ${isHeld} returning id`,
);

export const releaseLease = statement<never>(
  () => sql`
    update ${operations} set claimable_at = clock_timestamp(), lease_id = null, ${countedWrite(operations)}
    where id = ${placeholder("id")}::uuid and ${ofTenant(operations.tenantId)} and ${isHeld}`,
);

/**
 * The operations of a claim. It is a statement of its own, after the one that locked the rows: in the snapshot of that one, a step may be missing that was
 * committed while it waited for the lock.
 */
export const readClaimed = statement<StoredOperation>(
  () => sql`
    select ${record}, ${steps("operations")}
    from operations where id = any(${placeholder("ids")}::uuid[]) and ${isHeld}`,
);

/** Records a change with its step and its event, if the fence allows it. */
const recordChange = () => sql`
    with saved as (
      update ${operations} set state = ${placeholder("state")}::text, token = token + 1, ${countedWrite(operations)},
        error = coalesce(${placeholder("error")}::text::jsonb, error),
        left_behind = ${placeholder("leftBehind")}::text::jsonb,
        waiting_for = ${placeholder("waitingFor")}::text,
        suspended = case ${placeholder("next")}::text when 'suspend' then jsonb_build_object('state', state, 'error', error) end,
        resumes_at = case ${placeholder("next")}::text when 'rest' then resumes_at when 'suspend' then resumes_at
          when 'resume' then clock_timestamp() + ${milliseconds("resumeInMs")} end,
        lease_id = case ${placeholder("next")}::text when 'continue' then lease_id end,
        claimable_at = case when ${placeholder("next")}::text = 'continue' then claimable_at
          when ${placeholder("next")}::text in ('end', 'suspend') then null
          when jsonb_exists(signals, ${placeholder("waitingFor")}::text) then clock_timestamp()
          when ${placeholder("next")}::text = 'rest' then resumes_at
          else clock_timestamp() + ${milliseconds("resumeInMs")} end,
        ended_at = case when ${placeholder("next")}::text in ('end', 'suspend') then clock_timestamp() end
      where id = ${placeholder("id")}::uuid and ${ofTenant(operations.tenantId)} and token = ${placeholder("token")}::bigint and ${isHeld}
        and (cancel_requested_at is null or ${placeholder("knowsOfCancel")}::boolean)
      returning ${operations}.*
    ), event as (
      ${eventOf("saved", "updated")} where ${placeholder("next")}::text <> 'rest'
    ), step as (
      insert into operation_steps (operation_id, tenant_id, position, name, state, attempts, undo_attempts, result, error)
      select saved.id, saved.tenant_id, position, name, step.state, attempts, "undoAttempts", result, step.error
      from saved cross join jsonb_to_recordset(${placeholder("steps")}::text::jsonb)
        as step (position smallint, name text, state text, attempts int, "undoAttempts" int, result jsonb, error jsonb)
      on conflict (operation_id, position) do update set state = excluded.state, attempts = excluded.attempts,
        undo_attempts = excluded.undo_attempts, result = excluded.result, error = excluded.error, updated_at = now()
    )`;

/** Returns a row when the change was recorded. */
export const saveChange = statement<{ id: string }>(() => sql`${recordChange()} select id from saved`);

/** Fails when the change is refused (division by zero), and with it the transaction: its result need not be awaited before the commit. */
export const saveChangeOrFail = statement<never>(() => sql`${recordChange()} select 1 / count(*)::int from saved`);
