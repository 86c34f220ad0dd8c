import { sql } from "drizzle-orm";
import type postgres from "postgres";
import type { Database, WriteTx } from "#db/client.ts";
import { type Domain, serviceRole } from "#db/columns.ts";
import { statement } from "#db/statement.ts";
import type { Fence, Json, OperationDefinition, Step, StepContext } from "#lib/operations/definition.ts";
import { StepFailure } from "#lib/operations/failures.ts";
import { type EndedOperation, violations } from "./callee.ts";

/** The tables of the tests' callee, which checks fences, and of the checker's journal. They are the tests' own, outside the product. */
export const createCallee = (owner: postgres.Sql, domain: Domain = "vms"): Promise<unknown> =>
  owner.unsafe(`
    create table callee_fences (operation_id uuid primary key, token bigint not null);
    create table callee_effects (operation_id uuid, step text, primary key (operation_id, step));
    create table journal (id bigint generated always as identity, what text not null, operation_id uuid not null, step text not null);
    create table deaths (operation_id uuid primary key, died_at timestamptz not null default clock_timestamp());
    grant select, insert, update, delete on callee_fences, callee_effects, deaths to ${serviceRole(domain)};
    grant select, insert on journal to ${serviceRole(domain)}`);

const admitted = sql`
  insert into callee_fences values (${sql.placeholder("operationId")}::uuid, ${sql.placeholder("token")}::bigint)
  on conflict (operation_id) do update set token = excluded.token where callee_fences.token <= excluded.token returning operation_id`;
/** Returns a row when the callee has seen no newer token of the operation. */
export const admit = statement<{ operation_id: string }>(() => admitted);
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

/** Writes into the journal what a step does in its transaction. */
export const journal = (tx: WriteTx, what: "applied" | "undone", { operationId }: Fence, step: string) =>
  tx.execute(write, { what, operationId, step });

/** `failAt` names a step that fails for good after its effect. */
export interface DrillInput {
  readonly [key: string]: Json;
}

export interface Guard {
  /** The callee's own connection, which no transaction of an operation uses. */
  callee: Database;
  refused?(what: string): void;
}

/** Returns the definition with steps that first have an effect: at a callee that guards it, or in the journal of their transaction. */
export const guarded = <Input extends Json>(
  { callee, refused }: Guard,
  definition: OperationDefinition<WriteTx, Input>,
): OperationDefinition<WriteTx, Input> => {
  const call = async (what: typeof applyEffect, step: string, { fence, tenantId }: StepContext<Input>) => {
    const rows = await callee.write({ tenantId }, (tx) => tx.run(what, { ...fence, step }));
    if (rows.length > 0) return;
    refused?.(`effect ${step}`);
    throw new StepFailure("FENCED", "The callee has seen a newer token.");
  };
  const guardedStep = (step: Step<WriteTx, Input>): Step<WriteTx, Input> => {
    const { name } = step;
    if (step.type === "wait") return step;
    if (step.type === "effect")
      return {
        ...step,
        run: async (context: StepContext<Input>) => {
          await call(applyEffect, name, context);
          return step.run(context);
        },
        undo: async (context: StepContext<Input>) => {
          await step.undo?.(context);
          await call(undoEffect, name, context);
        },
      };
    return {
      ...step,
      run: async (context, tx) => {
        await journal(tx, "applied", context.fence, name);
        return step.run(context, tx);
      },
      undo: async (context, tx) => {
        await step.undo?.(context, tx);
        await journal(tx, "undone", context.fence, name);
      },
    };
  };
  return { ...definition, steps: definition.steps.map(guardedStep) };
};

/** Steps that a test adds to a version of the drill. */
type More = readonly Step<WriteTx, DrillInput>[];

const quickRetry = { attempts: 5, firstDelayMs: 10, longestDelayMs: 100 };
export const limits = { retry: quickRetry, timeLimitMs: 20_000, undoRetry: quickRetry, undoTimeLimitMs: 20_000 };

/** An operation with effects that a callee guards and with writes in transactions, in turns. */
export function drill(guard: Guard, version = 1, more: More = []): OperationDefinition<WriteTx, DrillInput> {
  const step = (type: "effect" | "transaction", name: string): Step<WriteTx, DrillInput> => ({
    type,
    name,
    ...limits,
    run: async ({ input }: StepContext<DrillInput>) => {
      if (input["failAt"] === name)
        throw new StepFailure("DRILL", "The step fails, as its input requires.", { isFinal: true });
      return { made: name };
    },
    undo: async () => undefined,
  });
  const steps = [
    step("effect", "reserve"),
    step("transaction", "write"),
    step("effect", "provision"),
    step("transaction", "finish"),
  ];
  return guarded(guard, { kind: "tested", version, steps: [...steps, ...more] });
}

/** The same operation for tests that only start it: worker processes run its steps. */
export const drillOfProcesses = drill({ callee: undefined as never });

/** The steps of each kind that have an effect. */
const effects: Readonly<Record<string, readonly string[]>> = {
  tested: ["reserve", "write", "provision", "finish"],
  drill: ["begin", "work", "finish"],
};

/** Compares the stored ends of all operations with the journal of what really happened. */
export async function audit(owner: postgres.Sql): Promise<string[]> {
  const operations = await owner<
    (Omit<EndedOperation, "leftBehind" | "effects"> & { kind: string; left: { step: string }[] | null })[]
  >`
    select id, kind, state, left_behind as left from operations`;
  const entries = await owner<{ what: string; key: string }[]>`
    select what, operation_id || ' ' || step as key from journal order by id`;
  const keysOf = (wanted: string) => entries.filter(({ what }) => what === wanted).map(({ key }) => key);
  return violations(
    operations.map(({ left, kind, ...each }) => ({
      ...each,
      effects: effects[kind] ?? [],
      leftBehind: (left ?? []).map(({ step }) => step),
    })),
    { applied: keysOf("applied"), undone: keysOf("undone") },
  );
}
