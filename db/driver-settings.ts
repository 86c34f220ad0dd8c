import type postgres from "postgres";

/** The longest time that a statement of a request or a job may take. */
export const statementTimeoutMs = 30_000;

/**
 * Set explicitly, whatever the server's default is. In a snapshot older than the rows it reads, the reader of an outbox would take events that were committed
 * meanwhile for rolled back and skip them.
 */
export const isolation = "read committed";

/** Reads BIGINT as a number while that is exact, as a BigInt beyond. The scalar `Long` writes a number as a number and a BigInt as a string. */
export const safeBigint = {
  to: 20,
  from: [20],
  serialize: (value: bigint | number) => value.toString(),
  parse: (text: string) => {
    const value = Number(text);
    return Number.isSafeInteger(value) ? value : BigInt(text);
  },
};

/** Returns the driver's settings for one connection of a pool under this role. */
export const pooledUnder = (role: string): postgres.Options<{ bigint: postgres.PostgresType }> => ({
  max: 1,
  max_lifetime: 3600,
  idle_timeout: 900,
  connect_timeout: 5,
  onnotice: () => undefined,
  types: { bigint: safeBigint },
  connection: {
    application_name: role,
    role,
    TimeZone: "UTC",
    IntervalStyle: "iso_8601",
    statement_timeout: statementTimeoutMs,
    lock_timeout: 1_000,
    default_transaction_isolation: isolation,
    idle_in_transaction_session_timeout: 60_000,
  },
});
