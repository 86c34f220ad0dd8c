import { sql } from "drizzle-orm";
import type { Tx, WriteTx } from "../client.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { projectedVms } from "./schema/projected-vms.ts";
import { type ClaimAntiAffinity, resourceAllocations } from "./schema/resource-allocations.ts";

/** A claim of another VM that rules about groups can be about. */
export interface GroupClaim {
  vmId: string;
  nodeId: string;
  tags: Record<string, string>;
  isLeaving: boolean;
  antiAffinity: ClaimAntiAffinity[];
}

const { placeholder } = sql;
const onNode = sql`${resourceAllocations.status} in ('active', 'reserved', 'migrating')`;
const isOfTenant = ofTenant(resourceAllocations.tenantId);

const ownRules = sql`
  select ${resourceAllocations.vmId} as id from ${resourceAllocations}
  where ${isOfTenant} and ${onNode} and ${resourceAllocations.antiAffinity} <> '[]'`;

/** `offset 0` keeps each look-up one in an index, whatever number of rows the planner expects. */
const ofSelectors = sql`
  select claim.id from selector cross join lateral (
    select ${resourceAllocations.vmId} as id from ${resourceAllocations}
    where ${isOfTenant} and ${onNode} and ${resourceAllocations.tags} @> selector.tags offset 0) as claim
  union select vm.id from selector cross join lateral (
    select ${projectedVms.id} from ${projectedVms} where ${ofTenant(projectedVms.tenantId)} and ${projectedVms.tags} @> selector.tags offset 0) as vm`;

/**
 * A VM has the tags of its projection, and while it is being placed those that its operation states. Claims that are being released hold capacity, and count
 * for no rule.
 */
const claimsOf = sql`
  select claim.*, case when claim.status = 'reserved' then claim.own else coalesce(vm.tags, claim.own) end as tags
  from member cross join lateral (
    select ${resourceAllocations.vmId} as "vmId", ${resourceAllocations.nodeId} as "nodeId", ${resourceAllocations.tags} as own,
      ${resourceAllocations.status} as status, ${resourceAllocations.status} = 'migrating' as "isLeaving",
      ${resourceAllocations.antiAffinity} as "antiAffinity"
    from ${resourceAllocations} where ${resourceAllocations.vmId} = member.id and ${isOfTenant} and ${onNode} offset 0
  ) as claim left join lateral (
    select ${projectedVms.tags} from ${projectedVms} where ${projectedVms.id} = member.id and ${ofTenant(projectedVms.tenantId)} offset 0
  ) as vm on true
  where member.id <> all(${placeholder("besides")}::uuid[])`;

const claimsWithRules = statement<GroupClaim>(() => sql`with member as (${ownRules}) ${claimsOf}`);
const claimsOfGroups = statement<GroupClaim>(
  () => sql`
    with selector as (select value as tags from jsonb_array_elements(${placeholder("selectors")}::text::jsonb)),
    member as (${ofSelectors} union ${ownRules}) ${claimsOf}`,
);

/** Returns the claims of the tenant's VMs with all tags of one of the selectors, and of VMs with anti-affinity rules of their own. */
export const groupClaims = (
  tx: Tx,
  selectors: readonly object[],
  besides: readonly string[],
): Promise<GroupClaim[]> => {
  const values = { besides, tenantId: tx.tenantId };
  return selectors.length === 0
    ? tx.run(claimsWithRules, values)
    : tx.run(claimsOfGroups, { ...values, selectors: JSON.stringify(selectors) });
};

// In the order of the keys, so that two placements never wait for each other.
const lockShared = statement<never>(
  () => sql`
    select case when "isExclusive" then pg_advisory_xact_lock(key) else pg_advisory_xact_lock_shared(key) end from (
      select hashtextextended('placement of ' || ${placeholder("tenantId")}::text || ' ' || tag, 0) as key, bool_or("isExclusive") as "isExclusive"
      from jsonb_to_recordset(${placeholder("locks")}::text::jsonb) as input (tag text, "isExclusive" boolean)
      group by 1 order by 1
    ) as ordered`,
);

/** A tag whose VMs are placed by rules. Who places one of them shares it; who places a VM by where the others are has it alone. */
export interface TagLock {
  tag: string;
  isExclusive: boolean;
}

/** Locks tags of the tenant until the transaction ends. Placements on different nodes conflict on no generation, so that rules that span nodes need it. */
export async function lockTags(tx: WriteTx, locks: readonly TagLock[]): Promise<void> {
  if (locks.length > 0) await tx.run(lockShared, { locks: JSON.stringify(locks), tenantId: tx.tenantId });
}
