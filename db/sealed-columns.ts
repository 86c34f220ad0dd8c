import { sql } from "drizzle-orm";
import type { Keyring } from "#lib/trust/keyring.ts";
import { reseal, SecretError, sealedUnder } from "#lib/trust/sealed-secret.ts";
import type { Database, WriteTx } from "./client.ts";
import { statement } from "./statement.ts";

/** The columns that hold sealed secrets. `novacron keys rotate` skips a column that is not named here. */
export const sealedColumns = [
  { domain: "auth", table: "users", column: "mfa_secret" },
  { domain: "federation", table: "cloud_providers", column: "credentials_encrypted" },
] as const;
export type SealedColumn = (typeof sealedColumns)[number];

const batchSize = 200;

interface SealedRow {
  id: string;
  tenantId: string;
  sealed: string;
}

const statementsOf = new Map(
  sealedColumns.map((place) => {
    const [table, column] = [sql.identifier(place.table), sql.identifier(place.column)];
    const others = sql`${column} is not null and not starts_with(${column}, ${sql.placeholder("newest")})`;
    return [
      place,
      {
        any: statement<{ found: boolean }>(
          () => sql`select exists (select from ${table} where ${column} is not null) as "found"`,
        ),
        count: statement<{ count: number }>(() => sql`select count(*)::int as count from ${table} where ${others}`),
        page: statement<SealedRow>(
          () => sql`
            select id, tenant_id as "tenantId", ${column} as sealed from ${table} where ${others}
            order by id limit ${batchSize} for update of ${table}`,
        ),
        update: statement<never>(
          () => sql`
            update ${table} set ${column} = given.resealed
            from json_to_recordset(${sql.placeholder("rows")}::text::json) as given (id uuid, resealed text)
            where ${table}.id = given.id`,
        ),
      },
    ] as const;
  }),
);

const lockKeysStatement = statement<unknown>(
  () => sql`select pg_advisory_xact_lock(hashtextextended('novacron.keys', 0))`,
);

/** Prevents other transactions from changing the keys of this installation until this transaction ends. */
export const lockKeys = (tx: WriteTx): Promise<unknown> => tx.run(lockKeysStatement);

/** Returns whether a column holds a sealed secret. @param system its database under its system role */
export const hasSealed = async (system: Database, place: SealedColumn): Promise<boolean> =>
  (await system.run(of(place).any))[0]?.found ?? false;

/** Returns how many secrets of a column are not sealed under this key. @param system its database under its system role */
export async function countSealedOtherwise(system: Database, place: SealedColumn, keyId: string): Promise<number> {
  const [row] = await system.run(of(place).count, { newest: sealedUnder(keyId) });
  return row?.count ?? 0;
}

/**
 * Seals a batch of a column's secrets under the keyring's newest key, in one transaction. The secrets themselves show what is left to do: after a crash, the
 * next call continues. No counter of changes increases and no event is written, because the secrets are the same.
 *
 * @returns how many it sealed; 0 when all are sealed under that key
 * @throws SecretError for a secret that cannot be opened, naming its row; its batch stays as it was
 */
export const resealBatch = (system: Database, place: SealedColumn, readKeyring: () => Keyring, tenantId: string) =>
  system.write({ tenantId }, async (tx) => {
    const page = await tx.run(of(place).page, { newest: sealedUnder(readKeyring()[0].id) });
    if (page.length === 0) return 0;
    // Read after the page: secrets that another rotation sealed meanwhile are under a key that was on the disk before.
    const keyring = readKeyring();
    const { table, column } = place;
    const rows = page.map((row) => {
      try {
        return {
          id: row.id,
          resealed: reseal(keyring, { tenantId: row.tenantId, table, row: row.id, column }, row.sealed),
        };
      } catch (error) {
        if (!(error instanceof SecretError)) throw error;
        throw new SecretError(error.code, `${table}.${column} of ${row.id}: ${error.message}`, { cause: error });
      }
    });
    return tx.execute(of(place).update, { rows: JSON.stringify(rows) });
  });

function of(place: SealedColumn) {
  const found = statementsOf.get(place);
  if (!found) throw new Error(`${place.table}.${place.column} is not among the sealed columns`);
  return found;
}
