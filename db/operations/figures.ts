import { sql } from "drizzle-orm";
import type { Database } from "../client.ts";
import type { Domain } from "../columns.ts";
import { statement } from "../statement.ts";
import { operations, operationSchedules } from "./tables.ts";

/** What Prometheus reads of one database's operations and schedules. */
export interface OperationFigures {
  database: Domain;
  /** How long the operation that any worker could claim has been waiting for one, in seconds; 0 when there is none. */
  dueSeconds: number;
  /** The operations that wait for a person, by their kind. */
  parked: { kind: string; count: number }[];
  schedules: { name: string; lateSeconds: number; skipped: number }[];
}

// Each part is served by an index of its own, or by a table of few rows.
const read = statement<Omit<OperationFigures, "database">>(
  () => sql`
    select
      (select coalesce(extract(epoch from now() - min(claimable_at)), 0)::float8 from ${operations} where claimable_at <= now()) as "dueSeconds",
      (select coalesce(json_agg(parked), '[]') from (
        select kind, count(*)::int as count from ${operations} where state = 'parked' group by kind) as parked) as parked,
      (select coalesce(json_agg(schedule order by name), '[]') from (
        select name, greatest(0, extract(epoch from now() - next_at))::float8 as "lateSeconds", skipped from ${operationSchedules}
        where disabled_at is null) as schedule) as schedules`,
);

/** @param system a domain's database under its system role */
export async function operationFigures(system: Database): Promise<OperationFigures> {
  const [row] = await system.run(read);
  return { database: system.domain, ...(row ?? { dueSeconds: 0, parked: [], schedules: [] }) };
}
