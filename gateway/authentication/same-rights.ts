import type { Identity } from "#lib/request-context.ts";

/** Whether two identities of one user may see the same. */
export const haveSameRights = (one: Identity, other: Identity): boolean =>
  one.permissions.length === other.permissions.length &&
  one.permissions.every((permission) => other.permissions.includes(permission)) &&
  one.tenantId === other.tenantId &&
  one.userTenantId === other.userTenantId;

/** Somebody with these rights, and nobody in particular. */
export const byRights = ({ kind, tenantId, userTenantId, permissions }: Identity): Identity => ({
  kind,
  id: "",
  tenantId,
  permissions: permissions.toSorted(),
  ...(userTenantId === undefined ? {} : { userTenantId }),
});
