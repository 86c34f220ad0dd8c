import { sql } from "drizzle-orm";
import { changeColumns, type ChangedRow, changeEvents } from "../changes.ts";
import type { Tx, WriteTx } from "../client.ts";
import { append } from "../event-log/append.ts";
import { countedWrite } from "../row-writes.ts";
import { selectList } from "../rows.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { allocationChanges } from "./changes.ts";
import { type AllocatedChange, changeAllocated } from "./placement-nodes.ts";
import { minus, type NodeResources, noResources } from "./schema/node-resources.ts";
import { type ResourceAllocationRow, resourceAllocations } from "./schema/resource-allocations.ts";

const { placeholder } = sql;
const columns = selectList({ table: resourceAllocations });
const isOfTenant = ofTenant(resourceAllocations.tenantId);

/** A claim that counts against its node's capacity. */
export type Claim = ResourceAllocationRow;

// As text, so that the planner does not read the index of all open claims: it takes that for small.
const claimsOf = statement<Claim>(
  () => sql`
    select ${columns} from ${resourceAllocations}
    where ${resourceAllocations.vmId} = ${placeholder("vmId")}::uuid and ${isOfTenant} and ${resourceAllocations.status}::text <> 'deallocated'
    order by ${resourceAllocations.id} for update`,
);

/** Returns the claims of a VM that are not deallocated, locked until the transaction ends. */
export const lockClaims = (tx: WriteTx, vmId: string): Promise<Claim[]> =>
  tx.run(claimsOf, { vmId, tenantId: tx.tenantId });

const claimWithId = statement<Claim>(
  () =>
    sql`select ${columns} from ${resourceAllocations} where ${resourceAllocations.id} = ${placeholder("id")}::uuid and ${isOfTenant}`,
);

export const claimById = async (tx: Tx, id: string): Promise<Claim | undefined> =>
  (await tx.run(claimWithId, { id, tenantId: tx.tenantId }))[0];

/** Amounts of every class, as a claim has them. */
export const amountsOf = (claim: Claim): NodeResources => ({
  cpuMillicores: claim.cpuMillicores,
  memoryMb: claim.memoryMb,
  storageGb: claim.storageGb,
  networkMbps: claim.networkBandwidthMbps ?? 0,
  gpuCount: claim.gpuCount,
  gpuMilli: claim.gpuMilli,
});

const setStatus = statement<ChangedRow>(
  () => sql`
    update ${resourceAllocations} set status = ${placeholder("status")}::allocation_status_enum,
      deallocated_at = case when ${placeholder("status")}::text = 'deallocated' then now() end,
      expires_at = null, ${countedWrite(resourceAllocations)}
    where ${resourceAllocations.id} = ${placeholder("id")}::uuid and ${isOfTenant}
    returning ${changeColumns(allocationChanges)}`,
);

/** Gives a claim another status. A claim that is deallocated gives its amounts back to the node in the same transaction. */
export async function setClaimStatus(tx: WriteTx, claim: Claim, status: Exclude<Claim["status"], "reserved">) {
  const changed = await tx.run(setStatus, { id: claim.id, status, tenantId: tx.tenantId });
  await append(tx, changeEvents(allocationChanges, changed, "updated"));
  if (status === "deallocated") await changeAllocated(tx, [givenBack(claim)]);
}

export const givenBack = (claim: Claim): AllocatedChange => ({
  id: claim.nodeId,
  amounts: minus(noResources, amountsOf(claim)),
});

const setAmounts = statement<ChangedRow>(
  () => sql`
    update ${resourceAllocations} set cpu_millicores = ${placeholder("cpuMillicores")}::int, memory_mb = ${placeholder("memoryMb")}::bigint,
      storage_gb = ${placeholder("storageGb")}::bigint, network_bandwidth_mbps = ${placeholder("networkMbps")}::int,
      gpu_count = ${placeholder("gpuCount")}::int, gpu_milli = ${placeholder("gpuMilli")}::int, ${countedWrite(resourceAllocations)}
    where ${resourceAllocations.id} = ${placeholder("id")}::uuid and ${isOfTenant}
    returning ${changeColumns(allocationChanges)}`,
);

/**
 * Gives a claim other amounts, and its node the difference.
 * @param generation the node's, when the claim grows and its room was judged by it
 * @returns whether it was changed: not when the generation is another
 */
export async function setClaimAmounts(
  tx: WriteTx,
  claim: Claim,
  amounts: NodeResources,
  generation?: number,
): Promise<boolean> {
  const added = minus(amounts, amountsOf(claim));
  if (Object.values(added).every((amount) => amount === 0)) return true;
  const guard = generation === undefined ? {} : { generation };
  if ((await changeAllocated(tx, [{ id: claim.nodeId, amounts: added, ...guard }])) === 0) return false;
  const changed = await tx.run(setAmounts, { ...amounts, id: claim.id, tenantId: tx.tenantId });
  await append(tx, changeEvents(allocationChanges, changed, "updated"));
  return true;
}

const setRules = statement<ChangedRow>(
  () => sql`
    update ${resourceAllocations} set tags = ${placeholder("tags")}::text::jsonb, anti_affinity = ${placeholder("antiAffinity")}::text::jsonb,
      ${countedWrite(resourceAllocations)}
    where ${resourceAllocations.id} = ${placeholder("id")}::uuid and ${isOfTenant}
      and (tags, anti_affinity) is distinct from (${placeholder("tags")}::text::jsonb, ${placeholder("antiAffinity")}::text::jsonb)
    returning ${changeColumns(allocationChanges)}`,
);

/** Gives a claim the tags and the rules that its VM has now. */
export async function setClaimRules(
  tx: WriteTx,
  { id }: Pick<Claim, "id">,
  { tags, antiAffinity }: Pick<Claim, "tags" | "antiAffinity">,
): Promise<void> {
  const values = { id, tags: JSON.stringify(tags), antiAffinity: JSON.stringify(antiAffinity), tenantId: tx.tenantId };
  await append(tx, changeEvents(allocationChanges, await tx.run(setRules, values), "updated"));
}
