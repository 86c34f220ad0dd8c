import { PublicError } from "./errors.ts";
import { platformTenantId } from "./platform-tenant.ts";

/** Who asks, as every subgraph sees it. */
export interface Identity {
  /** `anonymous`: nobody has said who asks, and only what is for everybody is allowed. */
  kind: "user" | "service" | "anonymous";
  /** The user's UUID, the service's name, or empty. */
  id: string;
  /** For nobody the nil UUID, which owns nothing. */
  tenantId: string;
  /** `resource:verb`; the verb, or all of it, may be `*`. */
  permissions: readonly string[];
  /** Of users: what they are called, for the audit log. */
  name?: string | undefined;
  /** Of users: what they were identified by. */
  credential?: CredentialKey | undefined;
  /** Of users of the platform who act in another tenant: their own. */
  userTenantId?: string | undefined;
}

/** Which session or API key. */
export interface CredentialKey {
  kind: "session" | "api_key";
  id: string;
}

/** What travels with every call from the gateway to a subgraph, and from one service to another. */
export interface RequestContext {
  identity: Identity;
  requestId: string;
  /** When the caller stops waiting, in milliseconds since the epoch. */
  deadline: number;
  /** Where the client's request came from; absent between services. */
  client?: Client | undefined;
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

/** A wildcard stands at the end only: `vm:*`, `*`. */
export function grants(permissions: readonly string[], wanted: string): boolean {
  return permissions.some((held) => held === wanted || (held.endsWith("*") && wanted.startsWith(held.slice(0, -1))));
}

/** What `authorization.ts` says of a root field that needs no permission: of anybody who has said who he is, or of everybody. */
export const anybodySignedIn = "authenticated";
export const everybody = "public";
/** Of what no client asks for, whatever his permissions are. */
export const servicesOnly = "service";

/** What a permission cannot say, by the name that `@policy` has for it. Policies judge by the identity alone. */
export const policies = {
  /** Infrastructure is the platform's: a role in another tenant, even of all permissions, reaches none of it. */
  platform: ({ kind, userTenantId, tenantId }: Identity): boolean =>
    kind === "service" || (kind === "user" && (userTenantId ?? tenantId) === platformTenantId),
} as const;

export type PolicyName = keyof typeof policies;

/** What a field needs: a permission or one of the words above, a policy, or both. */
export type Needs = string | { permission?: string; policy: PolicyName };

/** Of fields that are for people of the platform, whoever owns the object that they are on. */
export const platformOnly = { policy: "platform" } as const satisfies Needs;
/** Of what people of the platform need a permission for. */
export const platformWith = (permission: string): Needs => ({ permission, ...platformOnly });

/** Why an identity may not: UNAUTHENTICATED, or FORBIDDEN that names the missing permission or policy. Undefined when it may. */
export function refusalOf(identity: Identity, needs: Needs): PublicError | undefined {
  if (typeof needs !== "string") {
    const { permission = anybodySignedIn, policy } = needs;
    return refusalOf(identity, permission) ?? (policies[policy](identity) ? undefined : lacksPolicy(policy));
  }
  if (needs === everybody) return undefined;
  if (identity.kind === "anonymous") return new PublicError("UNAUTHENTICATED", "Sign in, or send an API key.");
  if (needs === servicesOnly)
    return identity.kind === "service" ? undefined : new PublicError("FORBIDDEN", "This is for services.");
  if (needs === anybodySignedIn || grants(identity.permissions, needs)) return undefined;
  return new PublicError("FORBIDDEN", `This needs the permission ${needs}.`, { permission: needs });
}

export const lacksPolicy = (policy: string): PublicError =>
  new PublicError("FORBIDDEN", `This needs the policy ${policy}.`, { policy });

/** @throws PublicError what `refusalOf` says */
export function requirePermission(identity: Identity, needs: Needs): void {
  const refusal = refusalOf(identity, needs);
  if (refusal) throw refusal;
}
