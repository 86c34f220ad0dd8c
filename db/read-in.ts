import type { Database, ReadTx, Scope } from "./client.ts";

/** Runs `use` in a read transaction of its own, which ends with it. */
export async function readIn<T>(
  database: Pick<Database, "read">,
  scope: Scope,
  use: (tx: ReadTx) => Promise<T>,
): Promise<T> {
  const tx = database.read(scope);
  try {
    return await use(tx);
  } finally {
    await tx.end();
  }
}
