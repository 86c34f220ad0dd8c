import {
  type NewApiKey,
  expireApiKey,
  insertApiKey,
  renameApiKey as writeName,
  revokeApiKey as writeRevoked,
} from "#db/auth/api-key-writes.ts";
import { apiKeyEntity, type PublicApiKeyRow } from "#db/auth/api-keys.ts";
import { mayActIn } from "#db/auth/credentials.ts";
import type { PermittedKey } from "#db/auth/permitted.ts";
import type { WriteTx } from "#db/client.ts";
import { isText } from "#lib/graphql/arguments.ts";
import { apiKeyHash, newApiKey } from "#lib/trust/credentials.ts";
import { durationSeconds } from "#lib/duration.ts";
import { InvalidArgument } from "#lib/errors.ts";
import { grants, type Identity, type RequestContext } from "#lib/trust/request-context.ts";
import { userError } from "#lib/graphql/user-errors.ts";
import { newId } from "#lib/uuid.ts";
import { done, errorsOf, notThere, refused } from "#subgraphs/use-case.ts";
import {
  inEitherTenant,
  permitKey,
  permitKeyRotation,
  permitRights,
  refusalOfExpiry,
} from "../credentials/escalation.ts";
import { type AuthServices, homeOf } from "../services.ts";
import { type Outcome, write } from "../use-case.ts";

export interface ApiKeyInput {
  name: string;
  scopes: readonly string[];
  expiresAt?: Date | null | undefined;
  /** 1,000 by default. */
  rateLimitPerMinute?: number | null | undefined;
  /** The tenant that the key acts in, by default that of the caller. */
  tenantId?: string | null | undefined;
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
): Promise<Outcome<MadeKey>> {
  const { identity } = request;
  const { expiresAt = null } = input;
  const name = input.name.trim();
  const rateLimitPerMinute = input.rateLimitPerMinute ?? 1_000;
  const actsIn = input.tenantId ?? identity.tenantId;
  const scopes = permitRights(owner, input.scopes, "scopes");
  const errors = [
    ...errorsOf(scopes),
    ...problems({ name, scopes: input.scopes, expiresAt, rateLimitPerMinute }),
    ...((await mayReach(services, identity, owner.id, actsIn)) ? [] : [userError("TENANT_UNKNOWN", "tenantId")]),
  ];
  if (errors.length > 0 || scopes.kind !== "done") return refused(...errors);
  return write(
    services,
    request,
    async (tx) => {
      const outlasts = await refusalOfExpiry(tx, identity, expiresAt, "expiresAt");
      if (outlasts) return outlasts;
      const made = await insert(tx, services, {
        name,
        scopes: scopes.value,
        rateLimitPerMinute,
        expiresAt,
        userId: owner.id,
        actsInTenantId: actsIn === homeOf(identity) ? null : actsIn,
      });
      return done(made, { action: "api_key.create", metadata: { apiKeyId: made.apiKey.id, scopes: scopes.value } });
    },
    { tenantId: homeOf(identity) },
  );
}

const longestOverlapSeconds = 30 * 86_400;

/**
 * Replaces a valid key of the caller or, for the command line, any key of the request's tenant.
 * @param input `overlap`: how long both keys are valid, as an ISO 8601 duration; a day by default
 * @throws InvalidArgument for an overlap that is not a duration, or is too long
 */
export async function rotateApiKey(
  services: AuthServices,
  request: RequestContext,
  input: { id: string; overlap?: string | null | undefined },
): Promise<Outcome<MadeKey & { replaced: PublicApiKeyRow }>> {
  const { identity } = request;
  const { id } = input;
  const overlap = input.overlap ?? "P1D";
  const seconds = durationSeconds(overlap);
  if (seconds === undefined || seconds > longestOverlapSeconds)
    throw new InvalidArgument("input.overlap", "is not a duration of at most P30D.");
  return write(
    services,
    request,
    async (tx) => {
      const permitted = await permitKeyRotation(tx, identity, id);
      if (permitted.kind !== "done") return permitted;
      const { scopes } = permitted.value;
      const replaced = await expireApiKey(tx, permitted.value.id, overlap);
      if (!replaced) return notThere("API key");
      const made = await insert(tx, services, { ...replaced, scopes, expiresAt: replaced.previousExpiry });
      const metadata = { apiKeyId: id, newApiKeyId: made.apiKey.id };
      return done({ ...made, replaced }, { action: "api_key.rotate", metadata });
    },
    { tenantId: homeOf(identity) },
  );
}

/** Changes the name of a key. The caller's own keys need no permission, other users' keys need `api_key:update`. */
export async function renameApiKey(
  services: AuthServices,
  request: RequestContext,
  input: { id: string; name: string },
): Promise<Outcome<{ apiKey: PublicApiKeyRow }>> {
  const { id } = input;
  const name = input.name.trim();
  const invalid = nameProblem(name);
  if (invalid) return refused(invalid);
  return changeKey(services, request, id, "api_key:update", async (tx, key) => {
    const renamed = await writeName(tx, key, name);
    return renamed && done({ apiKey: renamed }, { action: "api_key.rename", metadata: { apiKeyId: id, name } });
  });
}

/** Revokes a key at once. The caller's own keys need no permission, other users' keys need `api_key:revoke`. */
export const revokeApiKey = (
  services: AuthServices,
  request: RequestContext,
  { id }: { id: string },
): Promise<Outcome<{ apiKey: PublicApiKeyRow }>> =>
  changeKey(services, request, id, "api_key:revoke", async (tx, key) => {
    const revoked = await writeRevoked(tx, key);
    return revoked && done({ apiKey: revoked }, { action: "api_key.revoke", metadata: { apiKeyId: id } });
  });

/**
 * Changes a key of the caller or, with the permission, of the tenant in which they act.
 * @param change returns undefined when everything is so already
 */
const changeKey = (
  services: AuthServices,
  request: RequestContext,
  id: string,
  permission: Parameters<typeof permitKey>[3],
  change: (tx: WriteTx, key: PermittedKey) => Promise<Outcome<{ apiKey: PublicApiKeyRow }> | undefined>,
): Promise<Outcome<{ apiKey: PublicApiKeyRow }>> =>
  inEitherTenant<{ apiKey: PublicApiKeyRow }>(request.identity, (tenantId) =>
    write(
      services,
      request,
      async (tx) => {
        const permitted = await permitKey(tx, request.identity, id, permission);
        if (permitted.kind !== "done") return permitted;
        const changed = await change(tx, permitted.value);
        if (changed) return changed;
        const [apiKey] = await apiKeyEntity.byId(tx, [id]);
        return apiKey ? done({ apiKey }) : notThere("API key");
      },
      { tenantId },
    ),
  );

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

const nameProblem = (name: string) =>
  name.length === 0 || name.length > 255 || !isText(name)
    ? userError("NAME_INVALID", "name", "A key's name has 1 to 255 characters, without control characters.")
    : undefined;

const longestExpiryMs = 10 * 366 * 86_400_000;

function problems({
  name,
  scopes,
  expiresAt,
  rateLimitPerMinute: limit,
}: Pick<NewApiKey, "name" | "expiresAt" | "rateLimitPerMinute"> & Pick<ApiKeyInput, "scopes">) {
  const lasts = expiresAt ? expiresAt.getTime() - Date.now() : 1;
  return [
    nameProblem(name),
    scopes.length === 0 ? userError("PERMISSION_INVALID", "scopes") : undefined,
    lasts > 0 && lasts < longestExpiryMs ? undefined : userError("EXPIRY_INVALID", "expiresAt"),
    Number.isInteger(limit) && limit >= 1 && limit <= 100_000
      ? undefined
      : userError("RATE_LIMIT_INVALID", "rateLimitPerMinute"),
  ].filter((error) => error !== undefined);
}
