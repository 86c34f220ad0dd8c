import { sql } from "drizzle-orm";
import type { WriteTx } from "../client.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { allocationFences } from "./schema/allocation-fences.ts";

/** Which operation calls about which VM. */
export interface FencedCall {
  vmId: string;
  operationId: string;
  /** The fencing token of the operation's step. */
  token: number;
}

const { placeholder } = sql;

const pass = statement<{ isReleased: boolean }>(
  () => sql`
    insert into ${allocationFences} (operation_id, vm_id, tenant_id, token, released_at)
    values (${placeholder("operationId")}::uuid, ${placeholder("vmId")}::uuid, ${placeholder("tenantId")}::uuid, ${placeholder("token")}::bigint,
      case when ${placeholder("releases")}::boolean then now() end)
    on conflict (operation_id, vm_id) do update
      set token = excluded.token, called_at = now(), released_at = coalesce(allocation_fences.released_at, excluded.released_at)
      where allocation_fences.token <= excluded.token and ${ofTenant(allocationFences.tenantId)}
    returning ${allocationFences.releasedAt} is not null as "isReleased"`,
);

/**
 * Records the call of an operation. Calls of one operation about one VM wait for each other until their transactions end.
 * @param releases whether the operation needs its claims no more: it reserves none afterwards
 * @returns `outdated` when the operation has called with a higher token
 */
export async function passFence(
  tx: WriteTx,
  call: FencedCall,
  releases = false,
): Promise<"passed" | "released" | "outdated"> {
  const [fence] = await tx.run(pass, { ...call, releases, tenantId: tx.tenantId });
  if (!fence) return "outdated";
  return fence.isReleased ? "released" : "passed";
}
