import { type NewApiKey, expireApiKey, insertApiKey, revokeApiKey as writeRevoked } from "#db/auth/api-key-writes.ts";
import type { PublicApiKeyRow } from "#db/auth/api-keys.ts";
import { recordAudit } from "#db/auth/audit-writes.ts";
import { mayActIn } from "#db/auth/credentials.ts";
import type { WriteTx } from "#db/client.ts";
import { apiKeyHash, newApiKey } from "#lib/credentials.ts";
import type { RequestContext } from "#lib/request-context.ts";
import { type UserError, userError } from "#lib/user-errors.ts";
import { newId } from "#lib/uuid.ts";
import { exceeding, isPermission } from "../credentials/permissions.ts";
import { actorOf, type AuthServices, homeOf, scopeOf } from "../services.ts";

export interface ApiKeyInput {
  name: string;
  scopes: readonly string[];
  expiresAt: Date | null;
  rateLimitPerMinute: number;
  /** The tenant that it acts in; the caller's when null. */
  tenantId: string | null;
}

export interface MadeKey {
  /** Shown once: only its hash is kept. */
  key: string;
  apiKey: PublicApiKeyRow;
}

/** Makes a key for the caller, with nothing that he may not do. */
export async function createApiKey(
  services: AuthServices,
  request: RequestContext,
  input: ApiKeyInput,
): Promise<MadeKey | UserError[]> {
  const { identity } = request;
  const actsIn = input.tenantId ?? identity.tenantId;
  const errors = problems(input, identity.permissions);
  if (actsIn !== homeOf(identity) && !(await mayActIn(services.system, { userId: identity.id }, actsIn)))
    errors.push(userError("TENANT_UNKNOWN", undefined, "tenantId"));
  if (errors.length > 0) return errors;
  return services.database.write(scopeOf(request, homeOf(identity)), async (tx) => {
    const made = await insert(tx, services, {
      name: input.name.trim(),
      scopes: input.scopes,
      rateLimitPerMinute: input.rateLimitPerMinute,
      expiresAt: input.expiresAt,
      userId: identity.id,
      actsInTenantId: actsIn === homeOf(identity) ? null : actsIn,
    });
    await recordAudit(tx, {
      ...actorOf(request),
      action: "api_key.create",
      success: true,
      metadata: { apiKeyId: made.apiKey.id, scopes: input.scopes },
    });
    return made;
  });
}

/** Replaces an own key; undefined when there is none that is valid. @param overlap for how long both are, as an ISO 8601 duration */
export async function rotateApiKey(
  services: AuthServices,
  request: RequestContext,
  id: string,
  overlap: string,
): Promise<(MadeKey & { replaced: PublicApiKeyRow }) | undefined> {
  const { identity } = request;
  return services.database.write(scopeOf(request, homeOf(identity)), async (tx) => {
    const replaced = await expireApiKey(tx, id, identity.id, overlap);
    if (!replaced) return undefined;
    const made = await insert(tx, services, { ...replaced, expiresAt: replaced.previousExpiry });
    await recordAudit(tx, {
      ...actorOf(request),
      action: "api_key.rotate",
      success: true,
      metadata: { apiKeyId: id, newApiKeyId: made.apiKey.id },
    });
    return { ...made, replaced };
  });
}

/** Ends a key at once; undefined when none is visible. Own ones without a permission, others' with `api_key:revoke`. */
export async function revokeApiKey(
  { database }: AuthServices,
  request: RequestContext,
  id: string,
  mayRevokeAny: boolean,
): Promise<PublicApiKeyRow | undefined> {
  const { identity } = request;
  return database.write(scopeOf(request, homeOf(identity)), async (tx) => {
    const revoked = await writeRevoked(tx, id, mayRevokeAny ? null : identity.id);
    if (!revoked) return undefined;
    await recordAudit(tx, { ...actorOf(request), action: "api_key.revoke", success: true, metadata: { apiKeyId: id } });
    return revoked;
  });
}

async function insert(
  tx: WriteTx,
  { pepper, environment }: AuthServices,
  row: Omit<NewApiKey, "id" | "keyHash">,
): Promise<MadeKey> {
  const id = newId();
  const key = newApiKey(environment, id);
  return { key, apiKey: await insertApiKey(tx, { ...row, id, keyHash: apiKeyHash(pepper, key) }) };
}

const longestExpiryMs = 10 * 366 * 86_400_000;

function problems(input: ApiKeyInput, rights: readonly string[]): UserError[] {
  const errors: UserError[] = [];
  const name = input.name.trim();
  if (name.length === 0 || name.length > 255) errors.push(userError("NAME_INVALID", undefined, "name"));
  const malformed = input.scopes.filter((scope) => !isPermission(scope));
  if (malformed.length > 0 || input.scopes.length === 0 || input.scopes.length > 100)
    errors.push(userError("PERMISSION_INVALID", undefined, "scopes"));
  else if (exceeding(input.scopes, rights).length > 0) {
    const beyond = exceeding(input.scopes, rights).join(", ");
    errors.push(userError("SCOPE_EXCEEDS_RIGHTS", `You may not do this yourself: ${beyond}.`, "scopes"));
  }
  const lasts = input.expiresAt ? input.expiresAt.getTime() - Date.now() : 1;
  if (!(lasts > 0 && lasts < longestExpiryMs)) errors.push(userError("EXPIRY_INVALID", undefined, "expiresAt"));
  const { rateLimitPerMinute: limit } = input;
  if (limit < 1 || limit > 100_000) errors.push(userError("RATE_LIMIT_INVALID", undefined, "rateLimitPerMinute"));
  return errors;
}
