import { recordAudit } from "#db/auth/audit-writes.ts";
import {
  insertTenant,
  lockTenant,
  putQuota,
  type TenantContents,
  updateTenant as write,
  writtenTenant,
} from "#db/auth/tenant-writes.ts";
import type { TenantWithQuota } from "#db/auth/tenants.ts";
import type { WriteTx } from "#db/client.ts";
import { isUniqueViolation } from "#db/database-errors.ts";
import { validText } from "#lib/graphql/arguments.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { type UserError, userError } from "#lib/graphql/user-errors.ts";
import { newId } from "#lib/uuid.ts";
import { actorOf, type AuthServices, scopeOf } from "../services.ts";
import { quotaChange, type QuotaInput } from "./quota.ts";

// Users of the platform tenant change tenants that they do not act in. Each change is a transaction in the changed tenant, so that it can reach only
// that tenant's rows. Its audit log entry is in the same tenant, because a transaction is in one tenant and no change may lack its entry. The tenant's
// own administrators can read the entry there. The platform finds the change in the tenant's events, which name the actor.

export interface TenantInput {
  name: string;
  displayName: string | null;
  description: string | null;
  quota: QuotaInput | null;
}

/** Creates a tenant without users. */
export async function createTenant(
  { database }: AuthServices,
  request: RequestContext,
  input: TenantInput,
): Promise<TenantWithQuota | UserError[]> {
  const contents = {
    name: input.name.trim(),
    displayName: text(input.displayName, "displayName") ?? null,
    description: text(input.description, "description") ?? null,
  };
  const quota = input.quota && quotaChange(input.quota);
  const errors = [...nameProblems(contents), ...(Array.isArray(quota) ? quota : [])];
  if (errors.length > 0 || Array.isArray(quota)) return errors;
  return database.write(scopeOf(request, newId()), async (tx) => {
    if (!(await insertTenant(tx, contents))) return [userError("NAME_TAKEN", undefined, "name")];
    if (quota) await putQuota(tx, quota);
    return audited(tx, request, "tenant.create", { name: contents.name });
  });
}

/** Fields that are left out stay unchanged, and so does the name when it is null. */
export type TenantChange = { [Part in keyof TenantContents]?: TenantContents[Part] | null | undefined };

/** Changes the names and the description of a tenant. Fields that are left out stay unchanged. Undefined when there is no such tenant. */
export async function updateTenant(
  { database }: AuthServices,
  request: RequestContext,
  id: string,
  input: TenantChange,
): Promise<TenantWithQuota | UserError[] | undefined> {
  const displayName = text(input.displayName, "displayName");
  const description = text(input.description, "description");
  const change = database.write(scopeOf(request, id), async (tx) => {
    const tenant = await lockTenant(tx);
    if (!tenant) return undefined;
    const contents = {
      name: input.name?.trim() ?? tenant.name,
      displayName: displayName === undefined ? tenant.displayName : displayName,
      description: description === undefined ? tenant.description : description,
    };
    const isRenamed = contents.name !== tenant.name;
    const errors = isRenamed ? nameProblems(contents) : [];
    if (isRenamed && id === platformTenantId) errors.push(userError("TENANT_BUILT_IN", undefined, "name"));
    if (errors.length > 0) return errors;
    if (!isRenamed && contents.displayName === tenant.displayName && contents.description === tenant.description)
      return writtenTenant(tx);
    await write(tx, { ...tenant, ...contents });
    return audited(tx, request, "tenant.update", contents);
  });
  return change.catch((error: unknown) => {
    if (isUniqueViolation(error)) return [userError("NAME_TAKEN", undefined, "name")];
    throw error;
  });
}

/**
 * Disables or enables a tenant. While it is disabled, no user can sign in to it, and no session or key of its users, or of others who act in it, is
 * valid. After it is enabled, those that have not ended in the meantime are valid again. A tenant that already has the status is not changed.
 * Undefined when there is no such tenant.
 */
export async function enableTenant(
  { database }: AuthServices,
  request: RequestContext,
  id: string,
  enabled: boolean,
): Promise<TenantWithQuota | UserError[] | undefined> {
  // No user could enable it again.
  if (id === platformTenantId && !enabled) return [userError("TENANT_BUILT_IN")];
  return database.write(scopeOf(request, id), async (tx) => {
    const tenant = await lockTenant(tx);
    if (!tenant) return undefined;
    if (tenant.enabled === enabled) return writtenTenant(tx);
    await write(tx, { ...tenant, enabled });
    return audited(tx, request, enabled ? "tenant.enable" : "tenant.disable");
  });
}

/** Sets limits of a tenant. Limits that are left out stay unchanged. Undefined when there is no such tenant. */
export async function setTenantQuota(
  { database }: AuthServices,
  request: RequestContext,
  id: string,
  input: QuotaInput,
): Promise<TenantWithQuota | UserError[] | undefined> {
  const quota = quotaChange(input);
  if (Array.isArray(quota)) return quota;
  return database.write(scopeOf(request, id), async (tx) => {
    if (!(await lockTenant(tx))) return undefined;
    if (!(await putQuota(tx, quota))) return writtenTenant(tx);
    return audited(tx, request, "tenant.set_quota", quota);
  });
}

/** A host name label in lower-case ASCII, because the name is part of addresses and no two names should look alike. */
const namePattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export const tenantNameRule =
  "A tenant's name has 1 to 63 characters: lower-case letters from a to z, digits, and hyphens that are neither first nor last.";

export const isTenantName = (name: string): boolean => namePattern.test(name);

const nameProblems = ({ name }: TenantContents): UserError[] =>
  isTenantName(name) ? [] : [userError("NAME_INVALID", tenantNameRule, "name")];

const longest = { displayName: 255, description: 2_000 };

/** Returns the trimmed text: null for none, undefined when it was left out. @throws InvalidArgument for a value that is not valid text */
const text = (value: string | null | undefined, argument: keyof typeof longest): string | null | undefined =>
  typeof value === "string" ? validText(value, `input.${argument}`, longest[argument]).trim() || null : value;

async function audited(
  tx: WriteTx,
  request: RequestContext,
  action: string,
  more: object = {},
): Promise<TenantWithQuota> {
  const tenant = await writtenTenant(tx);
  await recordAudit(tx, {
    ...actorOf(request),
    action,
    success: true,
    metadata: { tenantId: tx.tenantId, ...more },
  });
  return tenant;
}
