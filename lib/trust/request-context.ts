import { PublicError } from "../errors.ts";
import { platformTenantId } from "./platform-tenant.ts";

/** The identity of the caller, as every subgraph sees it. */
export interface Identity {
  /** `anonymous`: the caller is not identified, and only public fields are allowed. */
  kind: "user" | "service" | "anonymous";
  /** The user's UUID, the service's name, or empty. */
  id: string;
  /** The nil UUID, which owns nothing, for an anonymous caller. */
  tenantId: string;
  /** `resource:verb`; the verb, or all of it, may be `*`. */
  permissions: readonly string[];
  /** For users: their name, for the audit log. */
  name?: string | undefined;
  /** For users: the credential that identified them. */
  credential?: CredentialKey | undefined;
  /** For users of the platform who act in another tenant: their own tenant. */
  userTenantId?: string | undefined;
}

/** A session or an API key. */
export interface CredentialKey {
  kind: "session" | "api_key";
  id: string;
}

/** The context of every call from the gateway to a subgraph, and from one service to another. */
export interface RequestContext {
  identity: Identity;
  requestId: string;
  /** The time at which the caller stops waiting, in milliseconds since the epoch. */
  deadline: number;
  /** The origin of the client's request; absent between services. */
  client?: Client | undefined;
  /**
   * Of a call by a service: the actor that it works for, as events show it (`user:<id>`). The callee records it and grants nothing for it: the rights of a call are
   * those of its identity.
   */
  onBehalfOf?: string | undefined;
  /** Of a call by a service: the durable operation of which the call is a step. The callee records it with its changes. */
  operationId?: string | undefined;
}

export interface Client {
  ipAddress?: string | undefined;
  userAgent?: string | undefined;
}

export const anonymous: Identity = {
  kind: "anonymous",
  id: "",
  tenantId: "00000000-0000-0000-0000-000000000000",
  permissions: [],
};

/** Returns whether the permissions include the wanted one. A wildcard may only be at the end: `vm:*`, `*`. */
export function grants(permissions: readonly string[], wanted: string): boolean {
  return permissions.some((held) => held === wanted || (held.endsWith("*") && wanted.startsWith(held.slice(0, -1))));
}

/** What a field needs that needs no permission: to be identified (`@authenticated`), or nothing (`@public`). */
export const anyAuthenticated = "authenticated";
export const publicAccess = "public";
/** For fields that no client may request, whatever its permissions are (`@inaccessible`). */
export const servicesOnly = "service";

/** Conditions that a permission cannot express, by their names in `@policy`. Policies judge by the identity alone. */
export const policies = {
  /** Infrastructure belongs to the platform: a role in another tenant, even with all permissions, gives no access to it. */
  platform: ({ kind, userTenantId, tenantId }: Identity): boolean =>
    kind === "service" || (kind === "user" && (userTenantId ?? tenantId) === platformTenantId),
} as const;

export type PolicyName = keyof typeof policies;

/** The services that may request a field (`@calledBy`). No other caller may, whatever its permissions are. */
export interface CalledBy {
  services: readonly string[];
}

/** The needs of a field: a permission or one of the words above, a policy, or both; or the services that may request it. */
export type Needs = string | { permission?: string; policy: PolicyName } | CalledBy;

/** Returns why an identity is refused: UNAUTHENTICATED, or FORBIDDEN that names the missing permission or policy. Undefined when it is not refused. */
export function refusalOf(identity: Identity, needs: Needs): PublicError | undefined {
  if (typeof needs !== "string" && "services" in needs)
    return refusalOf(identity, servicesOnly) ?? (needs.services.includes(identity.id) ? undefined : notForCaller());
  if (typeof needs !== "string") {
    const { permission = anyAuthenticated, policy } = needs;
    return refusalOf(identity, permission) ?? (policies[policy](identity) ? undefined : lacksPolicy(policy));
  }
  if (needs === publicAccess) return undefined;
  if (identity.kind === "anonymous") return new PublicError("UNAUTHENTICATED", "Sign in, or send an API key.");
  if (needs === servicesOnly)
    return identity.kind === "service" ? undefined : new PublicError("FORBIDDEN", "Only services may use this.");
  if (grants(identity.permissions, needs)) return undefined;
  // A service has no rights of a user: fields name the services that may request them.
  if (needs === anyAuthenticated) return identity.kind === "user" ? undefined : notForCaller();
  return new PublicError("FORBIDDEN", `This needs the permission ${needs}.`, { permission: needs });
}

const notForCaller = (): PublicError => new PublicError("FORBIDDEN", "This service may not use this.");

export const lacksPolicy = (policy: string): PublicError =>
  new PublicError("FORBIDDEN", `This needs the policy ${policy}.`, { policy });

/** @throws PublicError as returned by `refusalOf` */
export function requirePermission(identity: Identity, needs: Needs): void {
  const refusal = refusalOf(identity, needs);
  if (refusal) throw refusal;
}
