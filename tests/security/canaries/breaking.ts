import { domains } from "#db/columns.ts";
import { adminUrl, asOwner, type TestDatabases } from "#tests/harness/server.ts";

/** Where something made of a secret is written, and where it is told that it was. */
const written = [
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

/** Takes something from the product's databases while `use` runs; what the databases then say to the product may come into its log. */
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

/** A table of the auth database is gone. */
export function tableGone(databases: TestDatabases, table: string): Fault {
  const rename = (from: string, to: string) =>
    asOwner(databases.url("auth"), (sql) => sql.unsafe(`alter table ${from} rename to ${to}`));
  return between(
    () => rename(table, "gone"),
    () => rename("gone", table),
  );
}

/** @param user under whose name the product is connected */
export function faultsOf(databases: TestDatabases, user: string): Fault[] {
  const owner = (statement: string) => asOwner(databases.url("auth"), (sql) => sql.unsafe(statement));
  const refuseConnections = () =>
    asOwner(adminUrl(), async (sql) => {
      await sql.unsafe(`alter role ${user} nologin`);
      const names = domains.map((domain) => new URL(databases.url(domain)).pathname.slice(1));
      await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = any(${names}) and usename = ${user}`;
    });
  return [
    tableGone(databases, "users"),
    // What the server then says has the whole row in it.
    ...written.map((table) =>
      between(
        () => owner(`alter table ${table} add constraint refusing check (false) not valid`),
        () => owner(`alter table ${table} drop constraint refusing`),
      ),
    ),
    between(refuseConnections, () => asOwner(adminUrl(), (sql) => sql.unsafe(`alter role ${user} login`))),
  ];
}
