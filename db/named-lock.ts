import { sql } from "drizzle-orm";
import type { WriteTx } from "./client.ts";
import { statement } from "./statement.ts";

const tryLock = statement<{ locked: boolean }>(
  () => sql`select pg_try_advisory_xact_lock(hashtextextended(${sql.placeholder("name")}, 0)) as locked`,
);

/** Acquires a name until this transaction ends. Returns false when another transaction holds it. */
export async function lockName(tx: WriteTx, name: string): Promise<boolean> {
  return (await tx.run(tryLock, { name }))[0]?.locked === true;
}
