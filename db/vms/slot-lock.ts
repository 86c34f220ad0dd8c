import { sql } from "drizzle-orm";
import { statement } from "../statement.ts";

/** Locks the slots of operations until the transaction ends: those that they have, and those that they are about to take. */
export const lockOperations = statement<never>(
  () => sql`
    select pg_advisory_xact_lock(hashtextextended('slots of ' || id, 0))
    from (select unnest(${sql.placeholder("operationIds")}::uuid[])::text as id order by 1) as operation`,
);
