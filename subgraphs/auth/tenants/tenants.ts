import {
  insertTenant,
  lockTenant,
  putQuota,
  type TenantContents,
  updateTenant as update,
  writtenTenant,
} from "#db/auth/tenant-writes.ts";
import type { TenantWithQuota } from "#db/auth/tenants.ts";
import type { WriteTx } from "#db/client.ts";
import { isUniqueViolation } from "#db/database-errors.ts";
import { validText } from "#lib/graphql/arguments.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { userError } from "#lib/graphql/user-errors.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { newId } from "#lib/uuid.ts";
import { done, type Done, errorsOf, notThere, refused } from "#subgraphs/use-case.ts";
import type { AuthServices } from "../services.ts";
import { type Outcome, write } from "../use-case.ts";
import { quotaChange, type QuotaInput } from "./quota.ts";

// Users of the platform tenant change tenants that they do not act in. Each change is a transaction in the changed tenant, so that it can reach only
// that tenant's rows. Its audit log entry is in the same tenant, because a transaction is in one tenant and no change may lack its entry. The tenant's
// own administrators can read the entry there. The platform finds the change in the tenant's events, which name the actor.

export interface TenantInput {
  name: string;
  displayName?: string | null | undefined;
  description?: string | null | undefined;
  quota?: QuotaInput | null | undefined;
}

/** Creates a tenant without users. */
export async function createTenant(
  services: AuthServices,
  request: RequestContext,
  input: TenantInput,
): Promise<Outcome<{ tenant: TenantWithQuota }>> {
  const contents = {
    name: input.name.trim(),
    displayName: text(input.displayName, "displayName") ?? null,
    description: text(input.description, "description") ?? null,
  };
  const quota = quotaChange(input.quota ?? {});
  const errors = [...nameProblems(contents), ...errorsOf(quota)];
  if (errors.length > 0 || quota.kind !== "done") return refused(...errors);
  const change = async (tx: WriteTx) => {
    if (!(await insertTenant(tx, contents))) return refused(userError("NAME_TAKEN", "name"));
    await putQuota(tx, quota.value);
    return changed(tx, "tenant.create", { name: contents.name });
  };
  return write(services, request, change, { tenantId: newId() });
}

/** Fields that are left out stay unchanged, and so does the name when it is null. */
export type TenantChange = { id: string } & {
  [Part in keyof TenantContents]?: TenantContents[Part] | null | undefined;
};

/** Changes the names and the description of a tenant. */
export async function updateTenant(
  services: AuthServices,
  request: RequestContext,
  { id, ...input }: TenantChange,
): Promise<Outcome<{ tenant: TenantWithQuota }>> {
  const displayName = text(input.displayName, "displayName");
  const description = text(input.description, "description");
  const changing = write(
    services,
    request,
    async (tx) => {
      const tenant = await lockTenant(tx);
      if (!tenant) return notThere("tenant");
      const contents = {
        name: input.name?.trim() ?? tenant.name,
        displayName: displayName === undefined ? tenant.displayName : displayName,
        description: description === undefined ? tenant.description : description,
      };
      const isRenamed = contents.name !== tenant.name;
      const isBuiltIn = isRenamed && id === platformTenantId;
      const errors = [
        ...(isRenamed ? nameProblems(contents) : []),
        ...(isBuiltIn ? [userError("TENANT_BUILT_IN", "name")] : []),
      ];
      if (errors.length > 0) return refused(...errors);
      if (!isRenamed && contents.displayName === tenant.displayName && contents.description === tenant.description)
        return unchanged(tx);
      await update(tx, { ...tenant, ...contents });
      return changed(tx, "tenant.update", contents);
    },
    { tenantId: id },
  );
  return changing.catch((error: unknown) => {
    if (isUniqueViolation(error)) return refused(userError("NAME_TAKEN", "name"));
    throw error;
  });
}

/** Disables a tenant. Until it is enabled, no user can sign in to it, and no session or key of its users, or of others who act in it, is valid. */
export async function disableTenant(
  services: AuthServices,
  request: RequestContext,
  { id }: { id: string },
): Promise<Outcome<{ tenant: TenantWithQuota }>> {
  // No user could enable it again.
  if (id === platformTenantId) return refused(userError("TENANT_BUILT_IN"));
  return putEnabled(services, request, id, false);
}

/** Enables a tenant. Sessions and keys that have not ended in the meantime are valid again. */
export const enableTenant = (services: AuthServices, request: RequestContext, { id }: { id: string }) =>
  putEnabled(services, request, id, true);

const putEnabled = (
  services: AuthServices,
  request: RequestContext,
  id: string,
  enabled: boolean,
): Promise<Outcome<{ tenant: TenantWithQuota }>> =>
  write(
    services,
    request,
    async (tx) => {
      const tenant = await lockTenant(tx);
      if (!tenant) return notThere("tenant");
      if (tenant.enabled === enabled) return unchanged(tx);
      await update(tx, { ...tenant, enabled });
      return changed(tx, enabled ? "tenant.enable" : "tenant.disable");
    },
    { tenantId: id },
  );

/** Sets limits of a tenant. Limits that are left out stay unchanged. */
export async function setTenantQuota(
  services: AuthServices,
  request: RequestContext,
  { id, quota }: { id: string; quota: QuotaInput },
): Promise<Outcome<{ tenant: TenantWithQuota }>> {
  const change = quotaChange(quota);
  if (change.kind !== "done") return change;
  return write(
    services,
    request,
    async (tx) => {
      if (!(await lockTenant(tx))) return notThere("tenant");
      if (!(await putQuota(tx, change.value))) return unchanged(tx);
      return changed(tx, "tenant.set_quota", change.value);
    },
    { tenantId: id },
  );
}

/** A host name label in lower-case ASCII, because the name is part of addresses and no two names should look alike. */
const namePattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export const tenantNameRule =
  "A tenant's name has 1 to 63 characters: lower-case letters from a to z, digits, and hyphens that are neither first nor last.";

export const isTenantName = (name: string): boolean => namePattern.test(name);

const nameProblems = ({ name }: TenantContents) =>
  isTenantName(name) ? [] : [userError("NAME_INVALID", "name", tenantNameRule)];

const longest = { displayName: 255, description: 2_000 };

/** Returns the trimmed text: null for none, undefined when it was left out. @throws InvalidArgument for a value that is not valid text */
const text = (value: string | null | undefined, argument: keyof typeof longest): string | null | undefined =>
  typeof value === "string" ? validText(value, `input.${argument}`, longest[argument]).trim() || null : value;

const unchanged = async (tx: WriteTx): Promise<Done<{ tenant: TenantWithQuota }>> =>
  done({ tenant: await writtenTenant(tx) });

const changed = async (tx: WriteTx, action: string, more: object = {}): Promise<Done<{ tenant: TenantWithQuota }>> =>
  done({ tenant: await writtenTenant(tx) }, { action, metadata: { tenantId: tx.tenantId, ...more } });
