import { type NewApiKey, expireApiKey, insertApiKey, revokeApiKey as writeRevoked } from "#db/auth/api-key-writes.ts";
import type { PublicApiKeyRow } from "#db/auth/api-keys.ts";
import { recordAudit } from "#db/auth/audit-writes.ts";
import { mayActIn } from "#db/auth/credentials.ts";
import type { WriteTx } from "#db/client.ts";
import { isText } from "#lib/graphql/arguments.ts";
import { apiKeyHash, newApiKey } from "#lib/trust/credentials.ts";
import { durationSeconds } from "#lib/duration.ts";
import { InvalidArgument } from "#lib/errors.ts";
import { grants, type Identity, type RequestContext } from "#lib/trust/request-context.ts";
import { isUserError, type UserError, userError } from "#lib/graphql/user-errors.ts";
import { newId } from "#lib/uuid.ts";
import {
  inEitherTenant,
  type Judged,
  permitKey,
  permitKeyRotation,
  permitRights,
  refusalOfExpiry,
} from "../credentials/escalation.ts";
import { actorOf, type AuthServices, homeOf, scopeOf } from "../services.ts";

export interface ApiKeyInput {
  name: string;
  scopes: readonly string[];
  expiresAt: Date | null;
  rateLimitPerMinute: number;
  /** The tenant that the key acts in; the caller's tenant when null. */
  tenantId: string | null;
}

export interface MadeKey {
  /** Returned only once: only its hash is stored. */
  key: string;
  apiKey: PublicApiKeyRow;
}

/**
 * Creates a key for its owner. The key may hold no permission that the owner lacks.
 * @param owner the caller by default; the command line creates keys for other users of the request's tenant
 */
export async function createApiKey(
  services: AuthServices,
  request: RequestContext,
  input: ApiKeyInput,
  owner: Pick<Identity, "id" | "permissions"> = request.identity,
): Promise<MadeKey | UserError[]> {
  const { identity } = request;
  const actsIn = input.tenantId ?? identity.tenantId;
  const scopes = permitRights(owner, input.scopes, "scopes");
  const errors = [...(isUserError(scopes) ? [scopes] : []), ...problems(input)];
  if (!(await mayReach(services, identity, owner.id, actsIn)))
    errors.push(userError("TENANT_UNKNOWN", undefined, "tenantId"));
  if (errors.length > 0 || isUserError(scopes)) return errors;
  return services.database.write(scopeOf(request, homeOf(identity)), async (tx) => {
    const outlasts = await refusalOfExpiry(tx, identity, input.expiresAt, "expiresAt");
    if (outlasts) return [outlasts];
    const made = await insert(tx, services, {
      name: input.name.trim(),
      scopes,
      rateLimitPerMinute: input.rateLimitPerMinute,
      expiresAt: input.expiresAt,
      userId: owner.id,
      actsInTenantId: actsIn === homeOf(identity) ? null : actsIn,
    });
    await recordAudit(tx, {
      ...actorOf(request),
      action: "api_key.create",
      success: true,
      metadata: { apiKeyId: made.apiKey.id, scopes },
    });
    return made;
  });
}

const longestOverlapSeconds = 30 * 86_400;

/**
 * Replaces a key of the caller or, for the command line, any key of the request's tenant. Resolves with undefined when no valid key has this id.
 * @param overlap how long both keys are valid, as an ISO 8601 duration
 * @throws InvalidArgument for an overlap that is not a duration, or is too long
 */
export async function rotateApiKey(
  services: AuthServices,
  request: RequestContext,
  id: string,
  overlap: string,
): Promise<Judged<MadeKey & { replaced: PublicApiKeyRow }>> {
  const seconds = durationSeconds(overlap);
  if (seconds === undefined || seconds > longestOverlapSeconds)
    throw new InvalidArgument("input.overlap", "is not a duration of at most P30D.");
  return services.database.write(scopeOf(request, homeOf(request.identity)), async (tx) => {
    const rotation = await permitKeyRotation(tx, request.identity, id);
    if (!rotation || isUserError(rotation)) return rotation;
    const { scopes } = rotation;
    const replaced = await expireApiKey(tx, rotation.id, overlap);
    if (!replaced) return undefined;
    const made = await insert(tx, services, { ...replaced, scopes, expiresAt: replaced.previousExpiry });
    await recordAudit(tx, {
      ...actorOf(request),
      action: "api_key.rotate",
      success: true,
      metadata: { apiKeyId: id, newApiKeyId: made.apiKey.id },
    });
    return { ...made, replaced };
  });
}

/** Revokes a key at once; undefined when none is visible. The caller's own keys need no permission, other users' keys need `api_key:revoke`. */
export async function revokeApiKey(
  { database }: AuthServices,
  request: RequestContext,
  id: string,
): Promise<Judged<PublicApiKeyRow>> {
  const { identity } = request;
  const audited = { ...actorOf(request), action: "api_key.revoke", success: true, metadata: { apiKeyId: id } };
  return inEitherTenant(identity, (tenantId) =>
    database.write(scopeOf(request, tenantId), async (tx): Promise<Judged<PublicApiKeyRow>> => {
      const key = await permitKey(tx, identity, id);
      if (!key || isUserError(key)) return key;
      const revoked = await writeRevoked(tx, key.id);
      if (revoked) await recordAudit(tx, audited);
      return revoked;
    }),
  );
}

/**
 * Whether a key may act in a tenant. It must be the tenant that the caller acts in, unless the caller has `tenant:act`. The owner must belong to it or
 * be allowed to act in it.
 */
async function mayReach({ system }: AuthServices, identity: Identity, userId: string, actsIn: string) {
  if (actsIn !== identity.tenantId && !grants(identity.permissions, "tenant:act")) return false;
  return actsIn === homeOf(identity) || mayActIn(system, { userId }, actsIn);
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

function problems(input: ApiKeyInput): UserError[] {
  const errors: UserError[] = [];
  const name = input.name.trim();
  if (name.length === 0 || name.length > 255 || !isText(name))
    errors.push(userError("NAME_INVALID", "A key's name has 1 to 255 characters, without control characters.", "name"));
  if (input.scopes.length === 0) errors.push(userError("PERMISSION_INVALID", undefined, "scopes"));
  const lasts = input.expiresAt ? input.expiresAt.getTime() - Date.now() : 1;
  if (!(lasts > 0 && lasts < longestExpiryMs)) errors.push(userError("EXPIRY_INVALID", undefined, "expiresAt"));
  const { rateLimitPerMinute: limit } = input;
  if (!Number.isInteger(limit) || limit < 1 || limit > 100_000)
    errors.push(userError("RATE_LIMIT_INVALID", undefined, "rateLimitPerMinute"));
  return errors;
}
