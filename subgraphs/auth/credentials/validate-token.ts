import { touchApiKey } from "#db/auth/api-key-writes.ts";
import { type Credential, type KeyCredential, keyCredential, sessionCredential } from "#db/auth/credentials.ts";
import { touchSession } from "#db/auth/session-writes.ts";
import { apiKeyHash, apiKeyId, isSessionToken, sameHash, tokenHash } from "#lib/trust/credentials.ts";
import { log } from "#lib/observability/log.ts";
import type { CredentialKey, RequestContext } from "#lib/trust/request-context.ts";
import { sessionIdleTime } from "../sign-in/sign-in.ts";
import { scopeOf } from "#subgraphs/use-case.ts";
import type { AuthServices } from "../services.ts";
import { intersection } from "./permissions.ts";

/** The user, tenant and rights that a token or key represents. */
export interface ValidToken {
  kind: "session" | "api_key";
  credentialId: string;
  userId: string;
  username: string;
  userTenantId: string;
  tenantId: string;
  permissions: readonly string[];
  expiresAt: Date | null;
  /** Only keys have a limit. */
  rateLimitPerMinute: number | null;
}

const useIsWrittenEveryMs = 60_000;

/**
 * Resolves with the user, tenant and rights that a token represents. Undefined when the token is malformed, unknown, revoked or expired, or its user or
 * tenant is disabled; the caller does not learn which.
 */
export async function validateToken(
  services: AuthServices,
  request: RequestContext,
  token: string,
): Promise<ValidToken | undefined> {
  const { system, pepper, environment } = services;
  if (isSessionToken(token)) {
    const session = await sessionCredential(system, { tokenHash: tokenHash(token) }, sessionIdleTime);
    return session && usedSession(services, request, session);
  }
  const id = apiKeyId(environment, token);
  const key = id === undefined ? undefined : await keyCredential(system, id);
  if (!key || !sameHash(key.keyHash, apiKeyHash(pepper, token))) return undefined;
  return usedKey(services, request, key);
}

/** The same for a session or key by its id, for services that know that their caller holds it. */
export async function validateCredential(
  services: AuthServices,
  request: RequestContext,
  { kind, id }: CredentialKey,
): Promise<ValidToken | undefined> {
  if (kind === "session") {
    const session = await sessionCredential(services.system, { id }, sessionIdleTime);
    return session && usedSession(services, request, session);
  }
  const key = await keyCredential(services.system, id);
  return key && usedKey(services, request, key);
}

function usedSession(services: AuthServices, request: RequestContext, session: Credential): ValidToken {
  noteUse(services, request, session, "session");
  return { ...holder(session), kind: "session", permissions: session.permissions, rateLimitPerMinute: null };
}

function usedKey(services: AuthServices, request: RequestContext, key: KeyCredential): ValidToken {
  noteUse(services, request, key, "api_key");
  const permissions = intersection(key.scopes, key.permissions);
  return { ...holder(key), kind: "api_key", permissions, rateLimitPerMinute: key.rateLimitPerMinute };
}

const holder = ({ id, userId, username, userTenantId, tenantId, expiresAt }: Credential) => ({
  credentialId: id,
  userId,
  username,
  userTenantId,
  tenantId,
  expiresAt,
});

/** Records the use of a credential. The caller does not wait for the write, and a failure is only logged. */
function noteUse(
  { unawaited }: AuthServices,
  request: RequestContext,
  { id, lastUsedAt, userTenantId }: Credential,
  kind: ValidToken["kind"],
): void {
  if (lastUsedAt && Date.now() - lastUsedAt.getTime() < useIsWrittenEveryMs) return;
  const touch = kind === "session" ? touchSession : touchApiKey;
  unawaited
    .write(scopeOf(request, userTenantId), (tx) => touch(tx, id))
    .catch((error: unknown) =>
      log.subgraph.warn({ err: error, credential: id }, "the use of a credential was not noted"),
    );
}
