import { sql } from "drizzle-orm";
import type { Json } from "#lib/operations/definition.ts";
import type { Failure, Leftover, OperationState, StepState } from "#lib/operations/record.ts";
import type { Database } from "../client.ts";
import { statement } from "../statement.ts";

/** An operation as the command line shows it. */
export interface ListedOperation {
  id: string;
  tenantId: string;
  kind: string;
  subject: string | null;
  state: OperationState;
  stepNames: string[];
  steps: ListedStep[];
  waitingFor: string | null;
  resumesAt: Date | null;
  cancelRequestedAt: Date | null;
  error: Failure | null;
  leftBehind: Leftover[] | null;
  actor: string | null;
  requestId: string | null;
  createdAt: Date;
  updatedAt: Date;
  endedAt: Date | null;
}

/** A step that was attempted. */
export interface ListedStep {
  name: string;
  state: StepState;
  attempts: number;
  undoAttempts: number;
  error: Failure | null;
  result: Json;
  startedAt: string;
  updatedAt: string;
}

export interface OperationsWanted {
  id?: string | undefined;
  tenantId?: string | undefined;
  states?: readonly string[] | undefined;
  kinds?: readonly string[] | undefined;
  limit: number;
}

const { placeholder } = sql;

const list = statement<ListedOperation>(
  () => sql`
    select id, tenant_id as "tenantId", kind, subject, state, step_names as "stepNames", waiting_for as "waitingFor", resumes_at as "resumesAt",
      cancel_requested_at as "cancelRequestedAt", error, left_behind as "leftBehind", actor, request_id as "requestId", created_at as "createdAt",
      updated_at as "updatedAt", ended_at as "endedAt",
      (select coalesce(jsonb_agg(jsonb_build_object('name', name, 'state', step.state, 'attempts', attempts, 'undoAttempts', undo_attempts,
          'error', step.error, 'result', result, 'startedAt', started_at, 'updatedAt', step.updated_at) order by position), '[]')
        from operation_steps step where operation_id = operations.id) as steps
    from operations
    where (${placeholder("id")}::uuid is null or id = ${placeholder("id")}::uuid)
      and (${placeholder("tenantId")}::uuid is null or tenant_id = ${placeholder("tenantId")}::uuid)
      and (${placeholder("states")}::text[] is null or state = any(${placeholder("states")}::text[]))
      and (${placeholder("kinds")}::text[] is null or kind = any(${placeholder("kinds")}::text[]))
    order by created_at desc, id desc limit ${placeholder("limit")}::int`,
);

/** Returns the operations of one database, of all tenants, newest first. @param system the database under its system role */
export const listOperations = (
  system: Database,
  { id, tenantId, states, kinds, limit }: OperationsWanted,
): Promise<ListedOperation[]> =>
  system.run(list, {
    id: id ?? null,
    tenantId: tenantId ?? null,
    states: states ?? null,
    kinds: kinds ?? null,
    limit,
  });
