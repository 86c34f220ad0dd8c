import { z } from "zod";
import type { WriteTx } from "#db/client.ts";
import { type Usage, usageOfTenant } from "#db/vms/lifecycle-writes.ts";
import { userError, type UserError } from "#lib/graphql/user-errors.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import type { UserErrorCode } from "../generated/enums.ts";
import { ofOtherDomain } from "../operations/of-other-domain.ts";
import type { RequestedAmounts } from "../operations/requested-amounts.ts";
import type { VmsServices } from "../services.ts";

const limit = z.union([z.number(), z.string()]).transform(Number).nullable();
const shape = z
  .object({ maxVmCount: limit, maxCpuMillicores: limit, maxMemoryBytes: limit, maxStorageBytes: limit })
  .nullable();

/** The limits of a tenant. Null: none of them is limited. */
export type Quota = z.infer<typeof shape>;

/** Returns the quota of the request's tenant, which the auth domain has. It is called before the transaction that is to keep it. */
export const quotaOf = (services: VmsServices, request: RequestContext): Promise<Quota> =>
  ofOtherDomain(services, request, "auth", {
    query: "{ result: tenantQuota { maxVmCount maxCpuMillicores maxMemoryBytes maxStorageBytes } }",
    shape,
  });

/** What a VM of this size adds to the usage of its tenant. */
export const usageOf = ({ cpuMillicores, memoryMb, storageGb }: RequestedAmounts): Usage => ({
  vmCount: 1,
  cpuMillicores,
  memoryMb,
  storageGb: storageGb ?? 0,
});

const nothing: Usage = { vmCount: 0, cpuMillicores: 0, memoryMb: 0, storageGb: 0 };

/**
 * Returns which limits the tenant's VMs exceed together, with what the transaction has changed. The transaction that adds to the usage has locked it, so that
 * callers at once exceed no limit.
 * @param added what the transaction has not added yet
 */
export async function overQuota(
  tx: WriteTx,
  quota: Quota,
  added: Usage = nothing,
): Promise<readonly UserError<UserErrorCode>[]> {
  if (!quota) return [];
  const before = await usageOfTenant(tx);
  const used: Usage = {
    vmCount: before.vmCount + added.vmCount,
    cpuMillicores: before.cpuMillicores + added.cpuMillicores,
    memoryMb: before.memoryMb + added.memoryMb,
    storageGb: before.storageGb + added.storageGb,
  };
  const classes = [
    ["VMs", used.vmCount, quota.maxVmCount, "name"],
    ["thousandths of a core", used.cpuMillicores, quota.maxCpuMillicores, "resources.cpuMillicores"],
    ["bytes of memory", used.memoryMb * 2 ** 20, quota.maxMemoryBytes, "resources.memoryBytes"],
    ["bytes of storage", used.storageGb * 2 ** 30, quota.maxStorageBytes, "resources.storageBytes"],
  ] as const;
  return classes.flatMap(([what, amount, most, field]) => {
    if (most === null || amount <= most) return [];
    const message = `The tenant may have ${most} ${what}, and would have ${amount}. An administrator of the platform sets the quota.`;
    return [userError("QUOTA_EXCEEDED", field, message)];
  });
}
