import { PublicError } from "./errors.ts";

/** Who asks, as every subgraph sees it. */
export interface Identity {
  kind: "user" | "service";
  /** The user's UUID, or the service's name. */
  id: string;
  tenantId: string;
  /** `resource:verb`; the verb, or all of it, may be `*`. */
  permissions: readonly string[];
}

/** What travels with every call from the gateway to a subgraph, and from one service to another. */
export interface RequestContext {
  identity: Identity;
  requestId: string;
  /** When the caller stops waiting, in milliseconds since the epoch. */
  deadline: number;
}

/** A wildcard stands at the end only: `vm:*`, `*`. */
export function grants(permissions: readonly string[], wanted: string): boolean {
  return permissions.some((held) => held === wanted || (held.endsWith("*") && wanted.startsWith(held.slice(0, -1))));
}

/** @throws PublicError FORBIDDEN that names the missing permission */
export function requirePermission(identity: Identity, permission: string): void {
  if (!grants(identity.permissions, permission)) {
    throw new PublicError("FORBIDDEN", `This needs the permission ${permission}.`, { permission });
  }
}
