import { sql } from "drizzle-orm";
import type { Keyring } from "#lib/trust/keyring.ts";
import { open, seal } from "#lib/trust/sealed-secret.ts";
import type { Tx, WriteTx } from "../client.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { cloudProviders } from "./schema/cloud-providers.ts";

const select = statement<{ sealed: string | null }>(
  () => sql`
    select ${cloudProviders.credentialsEncrypted} as sealed from ${cloudProviders}
    where ${cloudProviders.id} = ${sql.placeholder("id")} and ${ofTenant(cloudProviders.tenantId)}`,
);

const update = statement<never>(
  () => sql`
    update ${cloudProviders} set credentials_encrypted = ${sql.placeholder("sealed")}
    where ${cloudProviders.id} = ${sql.placeholder("id")} and ${ofTenant(cloudProviders.tenantId)}`,
);

const placeOf = (tenantId: string, row: string) => ({
  tenantId,
  table: "cloud_providers",
  row,
  column: "credentials_encrypted",
});

/**
 * Stores the credentials of a provider, sealed. Only this product reads them, so there is no event of the change.
 *
 * @returns whether the transaction's tenant has such a provider
 */
export async function writeProviderCredentials(
  tx: WriteTx,
  keyring: Keyring,
  id: string,
  credentials: string,
): Promise<boolean> {
  const sealed = seal(keyring, placeOf(tx.tenantId, id), credentials);
  return (await tx.execute(update, { id, tenantId: tx.tenantId, sealed })) === 1;
}

/** Returns the credentials of a provider of the transaction's tenant; null when there is no such provider, or it has none. @throws SecretError */
export async function readProviderCredentials(tx: Tx, keyring: Keyring, id: string): Promise<string | null> {
  const [row] = await tx.run(select, { id, tenantId: tx.tenantId });
  return row?.sealed == null ? null : open(keyring, placeOf(tx.tenantId, id), row.sealed);
}
