import { createHash } from "node:crypto";
import { sql } from "drizzle-orm";
import type { Database } from "../client.ts";
import { statement } from "../statement.ts";

/** The last entry of a tenant's chain. */
export interface ChainHead {
  tenantId: string;
  seq: number;
  hash: string;
}

/** The first entry of a tenant's chain that cannot be right. `id` is null when the entry is missing. */
export interface ChainFault {
  tenantId: string;
  seq: number;
  id: string | null;
  problem: string;
}

interface ChainedEntry {
  id: string;
  seq: number;
  prevHash: string;
  hash: string;
  /** The texts of the columns that the hash covers, in their order. */
  columns: readonly (string | null)[];
}

const pageSize = 1_000;
const firstPrevHash = "0".repeat(64);

// Goes from tenant to tenant through the index on (tenant_id, seq): the log may be long, but the tenants are few.
const selectHeads = statement<ChainHead>(
  () => sql`
    with recursive tenants as (
      (select tenant_id from auth_audit_log order by tenant_id limit 1)
      union all
      select (select log.tenant_id from auth_audit_log log where log.tenant_id > tenants.tenant_id order by log.tenant_id limit 1)
      from tenants where tenants.tenant_id is not null
    )
    select head.tenant_id as "tenantId", head.seq, head.hash
    from tenants cross join lateral (
      select * from auth_audit_log log where log.tenant_id = tenants.tenant_id order by log.seq desc limit 1
    ) head`,
);

const selectPage = statement<ChainedEntry>(
  () => sql`
    select id, seq, prev_hash as "prevHash", hash, json_build_array(
      tenant_id::text, seq::text, id::text, user_id::text, actor_name::text, action::text,
      ip_address::text, user_agent, success::text, error_message, metadata::text,
      ((extract(epoch from created_at) * 1000000)::bigint)::text
    ) as columns
    from auth_audit_log
    where tenant_id = ${sql.placeholder("tenant")}::uuid and seq > ${sql.placeholder("after")}
    order by seq limit ${sql.placeholder("limit")}`,
);

/** Returns the heads of all tenants' chains. @param system the auth database under its system role */
export const chainHeads = (system: Database): Promise<ChainHead[]> => system.run(selectHeads);

const selectHash = statement<{ hash: string }>(
  () => sql`
    select hash from auth_audit_log
    where tenant_id = ${sql.placeholder("tenant")}::uuid and seq = ${sql.placeholder("seq")}`,
);

/** Returns the hash that a tenant's entry of this number has now; undefined when there is no such entry. */
export const hashOfEntry = async (system: Database, tenantId: string, seq: number): Promise<string | undefined> =>
  (await system.run(selectHash, { tenant: tenantId, seq }))[0]?.hash;

const selectIsOlder = statement<{ isOlder: boolean }>(
  () => sql`
    select created_at < now() - make_interval(secs => ${sql.placeholder("seconds")}::float8) as "isOlder" from auth_audit_log
    where tenant_id = ${sql.placeholder("tenant")}::uuid and seq = ${sql.placeholder("seq")}`,
);

/** Returns whether a tenant has an entry of this number, and it was written longer ago. */
export const isOlderThan = async (
  system: Database,
  { tenantId: tenant, seq, seconds }: { tenantId: string; seq: number; seconds: number },
): Promise<boolean> => (await system.run(selectIsOlder, { tenant, seq, seconds }))[0]?.isOlder ?? false;

/** Computes in this process what `audit_entry_hash` of the migration computes: a user who can change the database can change its functions. */
function entryHash(prevHash: string, columns: readonly (string | null)[]): string {
  const hash = createHash("sha256").update(`${prevHash}\n`);
  for (const text of columns) hash.update(text === null ? "-\n" : `${Buffer.byteLength(text)}:${text}\n`);
  return hash.digest("hex");
}

/**
 * Verifies one tenant's chain from its first entry, a page at a time.
 *
 * @param known the hashes that entries had when checkpoints of them were signed, by their number
 * @param onPage receives how many entries were read since the last call
 * @returns how many entries are right, and the first one that is not
 */
export async function verifyChain(
  system: Database,
  tenantId: string,
  known: ReadonlyMap<number, string>,
  onPage: (entries: number) => void = () => undefined,
): Promise<{ entries: number; fault: ChainFault | null }> {
  const fault = (seq: number, id: string | null, problem: string) => ({
    entries: seq - 1,
    fault: { tenantId, seq, id, problem },
  });
  let [seq, hash] = [0, firstPrevHash];
  for (;;) {
    const page = await system.run(selectPage, { tenant: tenantId, after: seq, limit: pageSize });
    for (const entry of page) {
      seq += 1;
      if (entry.seq !== seq) return fault(seq, null, `it is missing; the next one is ${entry.seq}`);
      if (entry.prevHash !== hash) return fault(seq, entry.id, "it does not continue the entry before it");
      if (entry.hash !== entryHash(hash, entry.columns)) return fault(seq, entry.id, "it is not what was recorded");
      hash = entry.hash;
      if (known.has(seq) && known.get(seq) !== hash)
        return fault(seq, entry.id, "it is not the entry that the checkpoint was signed for");
    }
    if (page.length > 0) onPage(page.length);
    if (page.length < pageSize) break;
  }
  const lastKnown = [...known.keys()].reduce((one, other) => Math.max(one, other), 0);
  return lastKnown > seq
    ? fault(seq + 1, null, `it is missing, with all up to the checkpoint of ${lastKnown}: the log was cut`)
    : { entries: seq, fault: null };
}
