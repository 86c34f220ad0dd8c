import { sql } from "drizzle-orm";
import { type Json, lastSafePosition, type OperationDefinition } from "#lib/operations/definition.ts";
import { newOperationId } from "#lib/operations/operation-id.ts";
import { hasEnded, type Leftover, type OperationState } from "#lib/operations/record.ts";
import { isUuid } from "#lib/uuid.ts";
import type { WriteTx } from "../client.ts";
import { countedWrite } from "../row-writes.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { eventNames, eventNamesOf, eventOf } from "./events.ts";
import { channel } from "./statements.ts";
import { operations, operationSteps } from "./tables.ts";

// What use cases ask of operations, each in the transaction of the change that it belongs to: when that is rolled back, nothing was asked.

export interface NewOperation<Input> {
  input: Input;
  /** The properties of the input that are made for each request, such as the id of a new object: a request that is repeated has others. */
  made?: readonly (keyof Input & string)[];
  /** The results of the first steps, when the transaction does them itself: they are undone like all others. */
  done?: readonly Json[];
  /** The type and the id, a UUID, of what the operation works on: `Vm:<id>`. */
  subject?: string;
  /** Identifies the request among those of the transaction's actor: the same key starts one operation. */
  idempotencyKey?: string;
  /** The name of the schedule that starts it. */
  schedule?: string;
}

export type StartOutcome =
  | { outcome: "started"; id: string }
  /** The key was used with the same input, and that operation has ended. */
  | { outcome: "same"; id: string; subject: string | null; state: OperationState }
  /** The key was used with the same input, and that operation still runs. */
  | { outcome: "in progress"; id: string; subject: string | null }
  /** The key was used with another input. */
  | { outcome: "conflict"; id: string };

const { placeholder } = sql;

const insert = statement<{ id: string }>(
  () => sql`
    with started as (
      insert into ${operations} (id, tenant_id, kind, definition_version, step_names, last_safe_position, subject, input, actor, request_id,
        schedule, idempotency_key)
      values (${placeholder("id")}::uuid, ${placeholder("tenant")}::uuid, ${placeholder("kind")}::text, ${placeholder("version")}::int,
        ${placeholder("stepNames")}::text::jsonb, ${placeholder("lastSafePosition")}::smallint, ${placeholder("subject")}::text,
        ${placeholder("input")}::text::jsonb, ${placeholder("actor")}::text, ${placeholder("requestId")}::text, ${placeholder("schedule")}::text,
        ${placeholder("idempotencyKey")}::text)
      on conflict (tenant_id, actor, idempotency_key) where idempotency_key is not null do nothing
      returning ${operations}.*
    ), event as (
      ${eventOf("started", "created")}
    ), step as (
      insert into ${operationSteps} (operation_id, tenant_id, position, name, state, attempts, undo_attempts, result)
      select started.id, started.tenant_id, done.at - 1, step_names ->> (done.at - 1)::int, 'done', 1, 0, done.result
      from started cross join jsonb_array_elements(${placeholder("done")}::text::jsonb) with ordinality as done (result, at)
    )
    select id, pg_notify(${channel}, id::text) as woken from started`,
);

const findByKey = statement<{ id: string; state: OperationState; subject: string | null; isSame: boolean }>(
  () => sql`
    select id, state, subject, kind = ${placeholder("kind")}::text and case ${placeholder("made")}::text[]
        when '{}' then input = ${placeholder("input")}::text::jsonb and subject is not distinct from ${placeholder("subject")}::text
        else input - ${placeholder("made")}::text[] = ${placeholder("input")}::text::jsonb - ${placeholder("made")}::text[] end as "isSame"
    from ${operations}
    where ${ofTenant(operations.tenantId)} and actor = ${placeholder("actor")}::text and idempotency_key = ${placeholder("idempotencyKey")}::text`,
);

/**
 * Starts an operation when the transaction commits, or returns the one that the same key has started.
 * @throws Error for a definition, a key or a subject that no use case may give
 */
export async function startOperation<Input extends Json>(
  tx: WriteTx,
  definition: OperationDefinition<WriteTx, Input>,
  wanted: NewOperation<Input>,
): Promise<StartOutcome> {
  const { kind, version, steps } = definition;
  const { input, done = [], schedule } = wanted;
  if (done.some((_, at) => steps[at]?.type !== "transaction"))
    throw new Error(`The start of ${kind} can do only steps that are transactions.`);
  // The projection of operations has types and ids, so that filters and references find them.
  if (wanted.subject !== undefined && !isSubject(wanted.subject))
    throw new Error(`The subject of ${kind} is no type with a UUID.`);
  const id = newOperationId(tx.domain);
  const values = {
    ...keyValues(tx, definition, wanted),
    id,
    tenant: tx.tenantId,
    version,
    stepNames: JSON.stringify(steps.map(({ name }) => name)),
    lastSafePosition: lastSafePosition({ steps }) ?? null,
    input: JSON.stringify(input),
    done: JSON.stringify(done),
    requestId: tx.requestId ?? null,
    schedule: schedule ?? null,
    ...eventNames(tx.domain),
  };
  // The insert waits for another transaction with the same key. When that one commits, the next statement sees its operation.
  if ((await tx.run(insert, values)).length > 0) return { outcome: "started", id };
  const found = await operationOfKey(tx, definition, wanted);
  if (!found) throw new Error("An operation with this key was neither started nor found.");
  return found;
}

/** Returns the operation that the key of a request has started before, in the words of its start; undefined when there is none. */
export async function operationOfKey<Input extends Json>(
  tx: WriteTx,
  definition: OperationDefinition<WriteTx, Input>,
  wanted: NewOperation<Input>,
): Promise<Exclude<StartOutcome, { outcome: "started" }> | undefined> {
  if (wanted.idempotencyKey === undefined) return undefined;
  const [found] = await tx.run(findByKey, keyValues(tx, definition, wanted));
  if (!found) return undefined;
  const { id, subject, state } = found;
  if (!found.isSame) return { outcome: "conflict", id };
  return hasEnded(state) ? { outcome: "same", id, subject, state } : { outcome: "in progress", id, subject };
}

function isSubject(subject: string): boolean {
  const [type, id, ...rest] = subject.split(":");
  return /^[A-Z][A-Za-z]*$/.test(type ?? "") && isUuid(id) && rest.length === 0;
}

function keyValues<Input extends Json>(
  tx: WriteTx,
  { kind }: OperationDefinition<WriteTx, Input>,
  { input, made = [], subject, idempotencyKey }: NewOperation<Input>,
) {
  if (idempotencyKey !== undefined && tx.actor === undefined)
    throw new Error("An idempotency key is the actor's, and the transaction has none.");
  return {
    tenantId: tx.tenantId,
    actor: tx.actor ?? null,
    kind,
    input: JSON.stringify(input),
    made: [...made],
    subject: subject ?? null,
    idempotencyKey: idempotencyKey ?? null,
  };
}

export type CancelOutcome =
  /** Also when it is being undone already. */
  | { outcome: "requested" }
  | { outcome: "not found" }
  | { outcome: "ended"; state: OperationState }
  /** A step after the last safe point was attempted. */
  | { outcome: "not cancellable"; step: string };

const lock = statement<{ state: OperationState; isCancelled: boolean }>(
  () => sql`
    select state, cancel_requested_at is not null as "isCancelled" from ${operations} where id = ${placeholder("id")}::uuid and ${ofTenant(operations.tenantId)} for update`,
);
const pastSafePoint = statement<{ name: string }>(
  () => sql`
    select name from ${operationSteps} where operation_id = ${placeholder("id")}::uuid and ${ofTenant(operationSteps.tenantId)}
      and position > (select last_safe_position from ${operations} where id = ${placeholder("id")}::uuid and ${ofTenant(operations.tenantId)})
    order by position limit 1`,
);
const cancel = statement<{ id: string }>(
  () => sql`
    with cancelled as (
      update ${operations} set cancel_requested_at = coalesce(cancel_requested_at, now()), ${countedWrite(operations)},
        claimable_at = case when lease_id is null then now() else claimable_at end
      where id = ${placeholder("id")}::uuid and ${ofTenant(operations.tenantId)} returning ${operations}.*
    ), event as (${eventOf("cancelled", "updated", "caller")})
    select id, pg_notify(${channel}, id::text) as woken from cancelled`,
);

/** Requests that an operation is cancelled: the running step gets a signal, and what was attempted is undone. */
export async function cancelOperation(tx: WriteTx, id: string): Promise<CancelOutcome> {
  const values = { id, tenantId: tx.tenantId };
  const [found] = await tx.run(lock, values);
  if (!found) return { outcome: "not found" };
  if (hasEnded(found.state)) return { outcome: "ended", state: found.state };
  if (found.state === "compensating" || found.isCancelled) return { outcome: "requested" };
  // After the lock, so that a step which was recorded meanwhile is seen.
  const [step] = await tx.run(pastSafePoint, values);
  if (step) return { outcome: "not cancellable", step: step.name };
  await tx.run(cancel, { ...values, ...eventNamesOf(tx) });
  return { outcome: "requested" };
}

const signal = statement<{ id: string }>(
  () => sql`
    with signalled as (
      update ${operations} set ${countedWrite(operations)},
        signals = jsonb_build_object(${placeholder("name")}::text, ${placeholder("content")}::text::jsonb) || signals,
        claimable_at = case when lease_id is null and waiting_for = ${placeholder("name")}::text then now() else claimable_at end
      where id = ${placeholder("id")}::uuid and ${ofTenant(operations.tenantId)} and ended_at is null
        and kind = coalesce(${placeholder("kind")}::text, kind)
      returning id
    )
    select id, pg_notify(${channel}, id::text) as woken from signalled`,
);

/**
 * Sends an operation a signal, now or before it waits for it. The first signal of a name counts.
 * @param of the kind that the operation must be of, any by default
 * @returns whether there is such an operation and it has not ended
 */
export async function signalOperation(
  tx: WriteTx,
  id: string,
  name: string,
  content: Json,
  of: { kind?: string } = {},
): Promise<boolean> {
  const values = { id, tenantId: tx.tenantId, name, content: JSON.stringify(content), kind: of.kind ?? null };
  return (await tx.run(signal, values)).length > 0;
}

export type AbandonOutcome =
  | { outcome: "abandoned"; leftBehind: Leftover[] }
  /** What would be left behind: call again with consent. */
  | { outcome: "consent required"; leftBehind: Leftover[] }
  | { outcome: "not found" }
  | { outcome: "not parked"; state: OperationState };

const parked = statement<{ state: OperationState; leftBehind: Leftover[] | null }>(
  () => sql`
    select state, left_behind as "leftBehind" from ${operations}
    where id = ${placeholder("id")}::uuid and ${ofTenant(operations.tenantId)} for update`,
);
const abandon = statement<never>(
  () => sql`
    with abandoned as (
      update ${operations} set state = 'abandoned', ended_at = now(), ${countedWrite(operations)}
      where id = ${placeholder("id")}::uuid and ${ofTenant(operations.tenantId)} and state = 'parked' returning ${operations}.*
    )
    ${eventOf("abandoned", "updated", "caller")}`,
);

/** Gives a parked operation up, with the consent of a person who has seen what it leaves behind. */
export async function abandonOperation(
  tx: WriteTx,
  id: string,
  { consent }: { consent: boolean },
): Promise<AbandonOutcome> {
  const values = { id, tenantId: tx.tenantId };
  const [found] = await tx.run(parked, values);
  if (!found) return { outcome: "not found" };
  if (found.state !== "parked") return { outcome: "not parked", state: found.state };
  const leftBehind = found.leftBehind ?? [];
  if (!consent) return { outcome: "consent required", leftBehind };
  await tx.execute(abandon, { ...values, ...eventNamesOf(tx) });
  return { outcome: "abandoned", leftBehind };
}
