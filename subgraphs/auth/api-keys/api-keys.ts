import { type NewApiKey, expireApiKey, insertApiKey, revokeApiKey as writeRevoked } from "#db/auth/api-key-writes.ts";
import type { PublicApiKeyRow } from "#db/auth/api-keys.ts";
import { recordAudit } from "#db/auth/audit-writes.ts";
import { mayActIn } from "#db/auth/credentials.ts";
import type { WriteTx } from "#db/client.ts";
import { isText } from "#lib/arguments.ts";
import { apiKeyHash, newApiKey } from "#lib/credentials.ts";
import { durationSeconds } from "#lib/duration.ts";
import { InvalidArgument } from "#lib/errors.ts";
import type { Identity, RequestContext } from "#lib/request-context.ts";
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

/**
 * Makes a key for its owner, with nothing that he may not do.
 * @param owner the caller; the command line makes keys for others, who are of the request's tenant
 */
export async function createApiKey(
  services: AuthServices,
  request: RequestContext,
  input: ApiKeyInput,
  owner: Pick<Identity, "id" | "permissions"> = request.identity,
): Promise<MadeKey | UserError[]> {
  const { identity } = request;
  const actsIn = input.tenantId ?? identity.tenantId;
  const errors = problems(input, owner.permissions);
  if (actsIn !== homeOf(identity) && !(await mayActIn(services.system, { userId: owner.id }, actsIn)))
    errors.push(userError("TENANT_UNKNOWN", undefined, "tenantId"));
  if (errors.length > 0) return errors;
  return services.database.write(scopeOf(request, homeOf(identity)), async (tx) => {
    const made = await insert(tx, services, {
      name: input.name.trim(),
      scopes: input.scopes,
      rateLimitPerMinute: input.rateLimitPerMinute,
      expiresAt: input.expiresAt,
      userId: owner.id,
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

const longestOverlapSeconds = 30 * 86_400;

/**
 * Replaces a key; undefined when there is none that is valid.
 * @param overlap for how long both are, as an ISO 8601 duration
 * @param ownerId only when it is this user's, which is the caller; null for the command line, which replaces any of the request's tenant
 * @throws InvalidArgument for an overlap that is none, or too long
 */
export async function rotateApiKey(
  services: AuthServices,
  request: RequestContext,
  id: string,
  overlap: string,
  ownerId: string | null = request.identity.id,
): Promise<(MadeKey & { replaced: PublicApiKeyRow }) | undefined> {
  const seconds = durationSeconds(overlap);
  if (seconds === undefined || seconds > longestOverlapSeconds)
    throw new InvalidArgument("input.overlap", "is not a duration of at most P30D.");
  return services.database.write(scopeOf(request, homeOf(request.identity)), async (tx) => {
    const replaced = await expireApiKey(tx, id, ownerId, overlap);
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
  if (name.length === 0 || name.length > 255 || !isText(name))
    errors.push(userError("NAME_INVALID", undefined, "name"));
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
  if (!Number.isInteger(limit) || limit < 1 || limit > 100_000)
    errors.push(userError("RATE_LIMIT_INVALID", undefined, "rateLimitPerMinute"));
  return errors;
}
