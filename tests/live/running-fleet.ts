import { sql } from "drizzle-orm";
import { statement } from "#db/statement.ts";
import { changeStates, type StateChange } from "#db/vms/state-writes.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import type { TestProduct } from "#tests/harness/product.ts";

export const { tenantId, id } = fleetOf(1);

/** Inserts `count` rows of every kind, and starts all of the VMs. */
export async function runningFleet({ urls, databases }: TestProduct, count: number): Promise<void> {
  await insertFleet(urls, 1, count);
  await databases.vms.write({ tenantId }, (tx) =>
    tx.execute(
      statement<never>(() => sql`update vms set state = 'running', origin_state = null where deleted_at is null`),
    ),
  );
}

/** Changes the state of one VM. */
export const move = ({ databases }: TestProduct, change: Pick<StateChange, "vmId" | "from" | "to">) =>
  databases.vms.write({ tenantId }, (tx) =>
    changeStates(tx, [{ ...change, reason: "of the test", initiatedBy: id("user", 1) }]),
  );
