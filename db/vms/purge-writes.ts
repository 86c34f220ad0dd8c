import { sql } from "drizzle-orm";
import { changeColumns, type ChangedRow, changeEvents } from "../changes.ts";
import type { WriteTx } from "../client.ts";
import { append } from "../event-log/append.ts";
import { countedWrite } from "../row-writes.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { vmChanges } from "./changes.ts";
import { vms } from "./schema/vms.ts";

const setPurged = statement<ChangedRow>(
  () => sql`
    update ${vms} set purged_at = now(), ${countedWrite(vms)}
    where ${vms.id} = ${sql.placeholder("vmId")}::uuid and ${ofTenant(vms.tenantId)} and ${vms.deletedAt} is not null and ${vms.purgedAt} is null
    returning ${changeColumns(vmChanges)}`,
);

/** Records that a deleted VM has no machine any more. Returns false for a VM that is not deleted, or was purged before. */
export async function setPurgedAt(tx: WriteTx, vmId: string): Promise<boolean> {
  const rows = await tx.run(setPurged, { vmId, tenantId: tx.tenantId });
  await append(tx, changeEvents(vmChanges, rows, "updated"));
  return rows.length > 0;
}
