import { sql } from "drizzle-orm";
import type { WriteTx } from "../client.ts";
import { statement } from "../statement.ts";
import { requestKeys } from "./schema/request-keys.ts";

/** For how many hours a key is kept at least. */
const keptHours = 24;

const remove = statement<never>(
  () => sql`
    delete from ${requestKeys} where ctid = any(array(
      select ctid from ${requestKeys} where ${requestKeys.createdAt} < now() - make_interval(hours => ${sql.placeholder("hours")}::int)
      order by ${requestKeys.createdAt} limit ${sql.placeholder("limit")}::int))`,
);

/** Removes some old keys of all tenants, the oldest first; only for the system role. @returns how many were removed */
export const removeOldKeys = (tx: WriteTx, limit: number): Promise<number> =>
  tx.execute(remove, { hours: keptHours, limit });
