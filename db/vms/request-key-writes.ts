import { sql } from "drizzle-orm";
import type { WriteTx } from "../client.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { type RequestKeyRow, requestKeys } from "./schema/request-keys.ts";

const { placeholder } = sql;

export type UsedKey = Pick<RequestKeyRow, "key" | "mutation" | "inputHash" | "objectId">;

const insert = statement<{ key: string }>(
  () => sql`
    insert into ${requestKeys} (tenant_id, actor, key, mutation, input_hash, object_id)
    values (${placeholder("tenantId")}::uuid, ${placeholder("actor")}::text, ${placeholder("key")}::text, ${placeholder("mutation")}::text,
      ${placeholder("inputHash")}::text, ${placeholder("objectId")}::uuid)
    on conflict do nothing returning key`,
);
const find = statement<UsedKey>(
  () => sql`
    select key, mutation, input_hash as "inputHash", object_id as "objectId" from ${requestKeys}
    where ${ofTenant(requestKeys.tenantId)} and actor = ${placeholder("actor")}::text and key = ${placeholder("key")}::text`,
);

/**
 * Records the key of a request of the transaction's actor. Waits for another transaction with the same key.
 * @returns what the key was used for before; undefined when it is new
 */
export async function useKey(tx: WriteTx, used: UsedKey): Promise<UsedKey | undefined> {
  if (tx.actor === undefined) throw new Error("An idempotency key is the actor's, and the transaction has none.");
  const values = { ...used, actor: tx.actor, tenantId: tx.tenantId };
  if ((await tx.run(insert, values)).length > 0) return undefined;
  const [found] = await tx.run(find, values);
  if (!found) throw new Error("A key was neither recorded nor found.");
  return found;
}
