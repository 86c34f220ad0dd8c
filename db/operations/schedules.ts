import { type SQL, sql } from "drizzle-orm";
import { log } from "#lib/observability/log.ts";
import type { Schedule } from "#lib/operations/schedule.ts";
import type { ScheduleStore } from "#lib/operations/schedule-store.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import type { Database, WriteTx } from "../client.ts";
import { countedWrite } from "../row-writes.ts";
import { statement } from "../statement.ts";
import { startOperation } from "./requests.ts";
import { operations, operationSchedules } from "./tables.ts";

const { placeholder } = sql;

const readTime = statement<{ now: Date }>(() => sql`select clock_timestamp() as now`);
const define = statement<never>(
  () => sql`
    insert into ${operationSchedules} (name, kind, cron, zone, next_at)
    values (${placeholder("name")}::text, ${placeholder("kind")}::text, ${placeholder("cron")}::text, ${placeholder("zone")}::text,
      ${placeholder("nextAt")}::timestamptz)
    on conflict (name) do update set kind = excluded.kind, cron = excluded.cron, zone = excluded.zone, disabled_at = null, ${countedWrite(operationSchedules)},
      next_at = case when (operation_schedules.cron, operation_schedules.zone) = (excluded.cron, excluded.zone)
        then coalesce(operation_schedules.next_at, excluded.next_at) else excluded.next_at end
    where operation_schedules.disabled_at is not null
      or (operation_schedules.kind, operation_schedules.cron, operation_schedules.zone) <> (excluded.kind, excluded.cron, excluded.zone)`,
);

/** Whether the operation that a schedule started last meets a condition. */
const lastOperation = (condition: SQL) => sql`exists (
  select from ${operations} where id = last_operation_id and tenant_id = ${placeholder("tenantId")}::uuid and ${condition})`;
const isRunning = lastOperation(sql`ended_at is null`);

const isLeft = sql`disabled_at is null and next_at <= now() - ${placeholder("leftAfterMs")}::float8 * interval '1 millisecond' and not ${isRunning}`;

/**
 * What is known and disabled is due when it was: another program, without the schedule, has disabled it after an outage. What is known and left is defined by
 * this program, unless it is so already: the release that had defined it with other times is gone.
 */
const readDue = statement<{ due: string[]; undefined: string[]; unknown: string[]; nextInMs: number | null }>(
  () => sql`
    select coalesce(json_agg(name order by next_at) filter (where next_at <= now() and is_known), '[]') as due,
      coalesce(json_agg(name) filter (where is_known and (disabled_at is not null or (${isLeft}))), '[]') as undefined,
      coalesce(json_agg(name) filter (where not is_known and ${isLeft}), '[]') as unknown,
      extract(epoch from min(next_at) filter (where next_at > now() and is_known) - now())::float8 * 1000 as "nextInMs"
    from ${operationSchedules}, lateral (select name = any(${placeholder("known")}::text[]) as is_known) as of`,
);

/**
 * Another program that fires the schedule at this moment has it locked. What another release has defined otherwise is that one's to fire: during a deploy the
 * times of the new release count from its start on.
 */
const takeDue = statement<{ dueAt: Date; now: Date; isRunning: boolean; isLate: boolean }>(
  () => sql`
    select next_at as "dueAt", clock_timestamp() as now, ${isRunning} as "isRunning", ${lastOperation(sql`ended_at > next_at`)} as "isLate"
    from ${operationSchedules} where name = ${placeholder("name")}::text and next_at <= now() and disabled_at is null
      and (kind, cron, zone) = (${placeholder("kind")}::text, ${placeholder("cron")}::text, ${placeholder("zone")}::text) for update skip locked`,
);
const setNext = statement<never>(
  () => sql`
    update ${operationSchedules} set next_at = ${placeholder("nextAt")}::timestamptz, last_at = ${placeholder("dueAt")}::timestamptz,
      last_operation_id = ${placeholder("operationId")}::uuid, skipped = skipped + ${placeholder("skipped")}::int, ${countedWrite(operationSchedules)}
    where name = ${placeholder("name")}::text`,
);
const disable = statement<never>(
  () => sql`
    update ${operationSchedules} set disabled_at = now(), ${countedWrite(operationSchedules)}
    where name = ${placeholder("name")}::text and ${isLeft}`,
);

/**
 * A schedule that no program has fired for this long is left: one that does not have it disables it, one that has it takes it over. During a deploy another one
 * may have it.
 */
const leftAfterMs = 600_000;
/** How soon a schedule is read again that is due while its last operation runs. */
const runningMs = 5_000;

const scopeOf = (name: string) => ({ tenantId: platformTenantId, actor: `job:${name}` });

/** Returns the schedules of one domain's database, whose operations are the platform's. @param system the database under its system role */
export function scheduleStore(system: Database): ScheduleStore<WriteTx> {
  const defineAll = async (schedules: readonly Schedule<WriteTx>[]) => {
    for (const schedule of schedules)
      await system.write(scopeOf(schedule.definition.name), async (tx) => {
        const [time] = await tx.run(readTime);
        const nextAt = time && schedule.nextTime(time.now).toISOString();
        await tx.execute(define, { ...columnsOf(schedule), nextAt });
      });
  };
  return {
    define: defineAll,
    fire: async (schedules) => {
      const known = schedules.map(({ definition }) => definition.name);
      const [read] = await system.run(readDue, { known, leftAfterMs, tenantId: platformTenantId });
      for (const name of read?.unknown ?? []) {
        const disabled = await system.write(scopeOf(name), (tx) =>
          tx.execute(disable, { name, leftAfterMs, tenantId: tx.tenantId }),
        );
        if (disabled > 0)
          log.operations.warn({ schedule: name }, "a schedule that no program has any more was disabled");
      }
      await defineAll(schedules.filter(({ definition }) => read?.undefined.includes(definition.name)));
      const waits = typeof read?.nextInMs === "number" ? [read.nextInMs] : [];
      for (const schedule of schedules.filter(({ definition }) => read?.due.includes(definition.name))) {
        const { name } = schedule.definition;
        const fired = system.write(scopeOf(name), (tx) => fireOne(tx, schedule));
        const wait = fired.catch((error: unknown) => {
          log.operations.warn({ err: error, schedule: name }, "a schedule could not start its operation");
          return 0;
        });
        waits.push(await wait);
      }
      return waits.length > 0 ? Math.min(...waits) : undefined;
    },
  };
}

/**
 * Starts nothing while the last operation runs. The schedule stays due, so that the end of the operation is followed by one run for all times that have passed.
 * @returns milliseconds until the schedule is due next, or is to be read again; 0 when another program fires it now
 */
async function fireOne(tx: WriteTx, schedule: Schedule<WriteTx>): Promise<number> {
  const { name, operation, input = null } = schedule.definition;
  const [due] = await tx.run(takeDue, { ...columnsOf(schedule), tenantId: tx.tenantId });
  if (!due) return 0;
  if (due.isRunning) return runningMs;
  const next = schedule.nextTime(due.now);
  if (due.isLate) log.operations.warn({ schedule: name }, "a schedule started late: its last operation still ran");
  // The key names the due time: should it ever come back, with a restored table, it starts nothing again.
  const started = await startOperation(tx, operation, {
    input,
    schedule: name,
    idempotencyKey: `${name} ${due.dueAt.toISOString()}`,
  });
  await tx.execute(setNext, {
    name,
    dueAt: due.dueAt.toISOString(),
    nextAt: next.toISOString(),
    operationId: started.id,
    skipped: due.isLate ? 1 : 0,
  });
  return next.getTime() - due.now.getTime();
}

const columnsOf = ({ definition, zone }: Schedule<WriteTx>) => ({
  name: definition.name,
  kind: definition.operation.kind,
  cron: definition.cron,
  zone,
});
