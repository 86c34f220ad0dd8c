import { domains } from "#db/columns.ts";
import { adminUrl, asOwner, type TestDatabases } from "#tests/harness/server.ts";

/** The tables that store data derived from a secret, or that record such a write. */
export const written: readonly string[] = [
  "users",
  "user_sessions",
  "api_keys",
  "password_resets",
  "connection_tickets",
  "recovery_codes",
  "sign_in_addresses",
  "auth_audit_log",
  "outbox_events",
];

/** Breaks part of the product's databases while `use` runs. The errors that the databases then return may reach the product's log. */
export type Fault = (use: () => Promise<void>) => Promise<void>;

const between =
  (before: () => Promise<unknown>, after: () => Promise<unknown>): Fault =>
  async (use) => {
    await before();
    try {
      await use();
    } finally {
      await after();
    }
  };

/** Makes a table of the auth database unavailable. */
export function tableGone(databases: TestDatabases, table: string): Fault {
  const rename = (from: string, to: string) =>
    asOwner(databases.url("auth"), (sql) => sql.unsafe(`alter table ${from} rename to ${to}`));
  return between(
    () => rename(table, "gone"),
    () => rename("gone", table),
  );
}

/**
 * @param user the name that the product connects under
 * @param refusing the tables that refuse every write once
 */
export function faultsOf(databases: TestDatabases, user: string, refusing: readonly string[]): Fault[] {
  const owner = (statement: string) => asOwner(databases.url("auth"), (sql) => sql.unsafe(statement));
  const refuseConnections = () =>
    asOwner(adminUrl(), async (sql) => {
      await sql.unsafe(`alter role ${user} nologin`);
      const names = domains.map((domain) => new URL(databases.url(domain)).pathname.slice(1));
      await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = any(${names}) and usename = ${user}`;
    });
  return [
    tableGone(databases, "users"),
    // The server's error then contains the whole row.
    ...refusing.map((table) =>
      between(
        () => owner(`alter table ${table} add constraint refusing check (false) not valid`),
        () => owner(`alter table ${table} drop constraint refusing`),
      ),
    ),
    between(refuseConnections, () => asOwner(adminUrl(), (sql) => sql.unsafe(`alter role ${user} login`))),
  ];
}
