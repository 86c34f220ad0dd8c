import { sql } from "drizzle-orm";
import type postgres from "postgres";
import type { Database, WriteTx } from "#db/client.ts";
import { statement } from "#db/statement.ts";
import type { Fence, Json, OperationDefinition, Step, StepContext } from "#lib/operations/definition.ts";
import { StepFailure } from "#lib/operations/failures.ts";
import { type EndedOperation, violations } from "./callee.ts";

/** The tables of the tests' callee, which checks fences, and of the checker's journal. They are the tests' own, outside the product. */
export const createCallee = (owner: postgres.Sql): Promise<unknown> =>
  owner.unsafe(`
    create table callee_fences (operation_id uuid primary key, token bigint not null);
    create table callee_effects (operation_id uuid, step text, primary key (operation_id, step));
    create table journal (id bigint generated always as identity, what text not null, operation_id uuid not null, step text not null);
    create table deaths (operation_id uuid primary key, died_at timestamptz not null default clock_timestamp());
    grant select, insert, update, delete on callee_fences, callee_effects, deaths to novacron_vms;
    grant select, insert on journal to novacron_vms`);

const admitted = sql`
  insert into callee_fences values (${sql.placeholder("operationId")}::uuid, ${sql.placeholder("token")}::bigint)
  on conflict (operation_id) do update set token = excluded.token where callee_fences.token <= excluded.token returning operation_id`;
const applyEffect = statement<{ operation_id: string }>(
  () => sql`
    with admitted as (${admitted}), changed as (
      insert into callee_effects select operation_id, ${sql.placeholder("step")}::text from admitted on conflict do nothing returning operation_id, step
    ), written as (insert into journal (what, operation_id, step) select 'applied', operation_id, step from changed)
    select operation_id from admitted`,
);
const undoEffect = statement<{ operation_id: string }>(
  () => sql`
    with admitted as (${admitted}), changed as (
      delete from callee_effects using admitted
      where callee_effects.operation_id = admitted.operation_id and step = ${sql.placeholder("step")}::text returning callee_effects.operation_id, step
    ), written as (insert into journal (what, operation_id, step) select 'undone', operation_id, step from changed)
    select operation_id from admitted`,
);
const write = statement<never>(
  () => sql`
    insert into journal (what, operation_id, step)
    values (${sql.placeholder("what")}::text, ${sql.placeholder("operationId")}::uuid, ${sql.placeholder("step")}::text)`,
);

/** `failAt` names a step that fails for good after its effect. */
export interface DrillInput {
  readonly [key: string]: Json;
}

export interface DrillHooks {
  /** The callee's own connection, which no transaction of an operation uses. */
  callee: Database;
  /** Called at the beginning of a step, and between a step's effect and its end. */
  at?(point: string, context: StepContext<DrillInput>): Promise<void>;
  refused?(what: string): void;
}

/** Steps that a test adds to a version of the drill. */
type More = readonly Step<WriteTx, DrillInput>[];

const quickRetry = { attempts: 5, firstDelayMs: 10, longestDelayMs: 100 };
export const limits = { retry: quickRetry, timeLimitMs: 20_000, undoRetry: quickRetry, undoTimeLimitMs: 20_000 };

/** An operation with effects that a callee guards and with writes in transactions, in turns. */
export function drill(
  { callee, at, refused }: DrillHooks,
  version = 1,
  more: More = [],
): OperationDefinition<WriteTx, DrillInput> {
  const call = async (
    what: typeof applyEffect,
    step: string,
    { fence, tenantId }: { fence: Fence; tenantId: string },
  ) => {
    const rows = await callee.write({ tenantId }, (tx) => tx.run(what, { ...fence, step }));
    if (rows.length > 0) return;
    refused?.(`effect ${step}`);
    throw new StepFailure("FENCED", "The callee has seen a newer token.");
  };
  const failing = async (name: string, context: StepContext<DrillInput>) => {
    await at?.(`${name} done`, context);
    if (context.input["failAt"] === name)
      throw new StepFailure("DRILL", "The step fails, as its input requires.", { isFinal: true });
  };
  const effect = (name: string): Step<WriteTx, DrillInput> => ({
    type: "effect",
    name,
    ...limits,
    run: async (context) => {
      await at?.(name, context);
      await call(applyEffect, name, context);
      await failing(name, context);
      return { made: name };
    },
    undo: async (context) => {
      await at?.(`undo ${name}`, context);
      await call(undoEffect, name, context);
      await at?.(`undo ${name} done`, context);
    },
  });
  const transaction = (name: string): Step<WriteTx, DrillInput> => ({
    type: "transaction",
    name,
    ...limits,
    run: async (context, tx) => {
      await at?.(name, context);
      await tx.execute(write, { what: "applied", operationId: context.fence.operationId, step: name });
      await failing(name, context);
      return null;
    },
    undo: (context, tx) => tx.execute(write, { what: "undone", operationId: context.fence.operationId, step: name }),
  });
  const steps = [effect("reserve"), transaction("write"), effect("provision"), transaction("finish"), ...more];
  return { kind: "drill", version, steps };
}

const effects = ["reserve", "write", "provision", "finish"];

/** Compares the stored ends of all operations with the journal of what really happened. */
export async function audit(owner: postgres.Sql): Promise<string[]> {
  const operations = await owner<
    (Omit<EndedOperation, "leftBehind" | "effects"> & { left: { step: string }[] | null })[]
  >`
    select id, state, left_behind as left from operations`;
  const journal = await owner<{ what: string; key: string }[]>`
    select what, operation_id || ' ' || step as key from journal order by id`;
  const keysOf = (wanted: string) => journal.filter(({ what }) => what === wanted).map(({ key }) => key);
  return violations(
    operations.map(({ left, ...each }) => ({ ...each, effects, leftBehind: (left ?? []).map(({ step }) => step) })),
    { applied: keysOf("applied"), undone: keysOf("undone") },
  );
}
