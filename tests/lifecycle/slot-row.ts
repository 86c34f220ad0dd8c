import type postgres from "postgres";
import { newOperationId } from "#lib/operations/operation-id.ts";

/** Gives the slot of a VM to an operation that no worker runs. */
export async function insertSlot(
  sql: postgres.Sql,
  { vmId, tenantId, operationKind }: { vmId: string; tenantId: string; operationKind: string },
): Promise<void> {
  await sql`insert into vm_slots (vm_id, tenant_id, operation_id, operation_kind, token)
    values (${vmId}, ${tenantId}, ${newOperationId("vms")}, ${operationKind}, 1)`;
}
