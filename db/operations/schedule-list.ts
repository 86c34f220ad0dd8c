import { sql } from "drizzle-orm";
import type { OperationState } from "#lib/operations/record.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import type { Database } from "../client.ts";
import type { Domain } from "../columns.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { operations, operationSchedules } from "./tables.ts";

/** A schedule as it is stored, with the operation that it started last. */
export interface ListedSchedule {
  database: Domain;
  name: string;
  cron: string;
  zone: string;
  /** Null when no program has the schedule any more. */
  nextAt: Date | null;
  lastAt: Date | null;
  lastOperationId: string | null;
  /** Null when it has started none, or none that is still kept. */
  lastState: OperationState | null;
  lastError: string | null;
  skipped: number;
}

const list = statement<Omit<ListedSchedule, "database">>(
  () => sql`
    select name, cron, zone, case when disabled_at is null then next_at end as "nextAt", last_at as "lastAt", last_operation_id as "lastOperationId", state as "lastState",
      error ->> 'code' as "lastError", skipped
    from ${operationSchedules} left join ${operations} on ${operations.id} = last_operation_id and ${ofTenant(operations.tenantId)}
    order by name`,
);

/** Returns the schedules of one database. @param system the database under its system role */
export const listSchedules = async (system: Database): Promise<ListedSchedule[]> =>
  (await system.run(list, { tenantId: platformTenantId })).map((schedule) => ({
    database: system.domain,
    ...schedule,
  }));
