import type postgres from "postgres";

/** Inserts operations that wait: half for a signal, half for a time tomorrow. */
export const insertWaiting = (
  owner: postgres.Sql,
  { tenantId, kind, count }: { tenantId: string; kind: string; count: number },
): Promise<unknown> => owner`
  insert into operations (id, tenant_id, kind, definition_version, step_names, input, state, waiting_for, claimable_at, resumes_at)
  select gen_random_uuid(), ${tenantId}, ${kind}, 1, '["one"]', 'null', 'waiting', case when n % 2 = 0 then 'go' end, due, due
  from generate_series(1, ${count}::int) n, lateral (select case when n % 2 = 1 then now() + interval '1 day' end as due) as of`;
