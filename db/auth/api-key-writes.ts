import { sql } from "drizzle-orm";
import { changeColumns, changeEvents, type ChangedRow } from "../changes.ts";
import type { WriteTx } from "../client.ts";
import { append } from "../event-log/append.ts";
import { selectList } from "../rows.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { statement } from "../statement.ts";
import type { PublicApiKeyRow } from "./api-keys.ts";
import { apiKeyChanges } from "./changes.ts";
import type { PermittedKey, PermittedRights } from "./permitted.ts";
import { apiKeys } from "./schema/api-keys.ts";

const secretless = { table: apiKeys, omit: ["keyHash"] } as const;
const returned = sql`${changeColumns(apiKeyChanges)}, ${selectList(secretless)}`;
const own = sql`${apiKeys.id} = ${sql.placeholder("id")}::uuid and ${ofTenant(apiKeys.tenantId)}`;

export interface NewApiKey {
  id: string;
  name: string;
  keyHash: string;
  userId: string;
  scopes: PermittedRights;
  rateLimitPerMinute: number;
  expiresAt: Date | null;
  actsInTenantId: string | null;
}

const insert = statement<PublicApiKeyRow & ChangedRow>(
  () => sql`
    insert into ${apiKeys} (id, name, key_hash, user_id, tenant_id, scopes, rate_limit_per_minute, expires_at, acts_in_tenant_id)
    values (${sql.placeholder("id")}::uuid, ${sql.placeholder("name")}, ${sql.placeholder("keyHash")}, ${sql.placeholder("userId")}::uuid,
      ${sql.placeholder("tenantId")}::uuid, ${sql.placeholder("scopes")}::text[], ${sql.placeholder("rateLimitPerMinute")}::int,
      ${sql.placeholder("expiresAt")}::timestamptz, ${sql.placeholder("actsInTenantId")}::uuid)
    returning ${returned}`,
);

export async function insertApiKey(tx: WriteTx, key: NewApiKey): Promise<PublicApiKeyRow> {
  const rows = await tx.run(insert, { ...key, tenantId: tx.tenantId });
  await append(tx, changeEvents(apiKeyChanges, rows));
  return rows[0] as PublicApiKeyRow;
}

const revoke = statement<PublicApiKeyRow & ChangedRow>(
  () =>
    sql`update ${apiKeys} set revoked_at = now() where ${own} and ${apiKeys.revokedAt} is null returning ${returned}`,
);

/** Returns undefined when the key was revoked before. */
export async function revokeApiKey(tx: WriteTx, id: PermittedKey): Promise<PublicApiKeyRow | undefined> {
  const rows = await tx.run(revoke, { id, tenantId: tx.tenantId });
  await append(tx, changeEvents(apiKeyChanges, rows, "updated"));
  return rows[0];
}

const rename = statement<PublicApiKeyRow & ChangedRow>(
  () => sql`
    update ${apiKeys} set name = ${sql.placeholder("name")}
    where ${own} and ${apiKeys.name} <> ${sql.placeholder("name")} returning ${returned}`,
);

/** Returns undefined when the key has the name already. */
export async function renameApiKey(tx: WriteTx, id: PermittedKey, name: string): Promise<PublicApiKeyRow | undefined> {
  const rows = await tx.run(rename, { id, name, tenantId: tx.tenantId });
  await append(tx, changeEvents(apiKeyChanges, rows, "updated"));
  return rows[0];
}

interface Replaced extends PublicApiKeyRow {
  /** When the key would have expired. */
  previousExpiry: Date | null;
}

// Compares with the clock, not with the time at which the transaction began. A transaction that waited for another to replace the key would otherwise find the
// key valid and replace it again.
const expire = statement<Replaced & ChangedRow>(
  () => sql`
    with previous as (
      select ${apiKeys.expiresAt} as expires_at from ${apiKeys} where ${own} and ${apiKeys.revokedAt} is null
        and (${apiKeys.expiresAt} is null or ${apiKeys.expiresAt} > clock_timestamp()) for update
    )
    update ${apiKeys} set expires_at = least(previous.expires_at, now() + ${sql.placeholder("overlap")}::interval)
    from previous where ${own} returning ${returned}, previous.expires_at as "previousExpiry"`,
);

/**
 * Makes a key expire soon, because another replaces it.
 * @param overlap for how long both are valid, as an ISO 8601 duration
 */
export async function expireApiKey(tx: WriteTx, id: PermittedKey, overlap: string): Promise<Replaced | undefined> {
  const rows = await tx.run(expire, { id, overlap, tenantId: tx.tenantId });
  await append(tx, changeEvents(apiKeyChanges, rows, "updated"));
  return rows[0];
}

const touch = statement<never>(
  () => sql`
    update ${apiKeys} set last_used_at = now()
    where ${own} and (${apiKeys.lastUsedAt} is null or ${apiKeys.lastUsedAt} < now() - interval '1 minute')`,
);

/** Records that a key was used, at most once a minute. Emits no event, because it changes no user's rights. */
export const touchApiKey = (tx: WriteTx, id: string): Promise<number> =>
  tx.execute(touch, { id, tenantId: tx.tenantId });
