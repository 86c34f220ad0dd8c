import type { Identity } from "#lib/trust/request-context.ts";

/** Returns whether two identities of one user may see the same data. */
export const haveSameRights = (one: Identity, other: Identity): boolean =>
  one.permissions.length === other.permissions.length &&
  one.permissions.every((permission) => other.permissions.includes(permission)) &&
  one.tenantId === other.tenantId &&
  one.userTenantId === other.userTenantId;

/** Returns an identity with these rights that represents no particular user. */
export const byRights = ({ kind, tenantId, userTenantId, permissions }: Identity): Identity => ({
  kind,
  id: "",
  tenantId,
  permissions: permissions.toSorted(),
  ...(userTenantId === undefined ? {} : { userTenantId }),
});
