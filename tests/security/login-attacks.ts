import postgres from "postgres";
import { type Domain, domains } from "#db/columns.ts";
import { logins, loginRole } from "#db/logins.ts";

const insufficientPrivilege = "42501";

/** A table of each domain that both of its logins may read. */
export const readable: Readonly<Record<Domain, string>> = {
  auth: "tenants",
  vms: "vms",
  monitoring: "projected_vms",
  federation: "multicloud_vms",
  scheduler: "projected_vms",
};

export interface Attack {
  what: string;
  statement: string;
}

/**
 * Returns what an injected statement could attempt under a service's login: to exceed its role, to leave its database, or to change what guards it.
 * Each must be refused for a lack of privilege, not because the statement is invalid.
 * @param administrator the superuser of the server
 * @param table a table that the login may read
 */
export function loginAttacks(self: string, administrator: string, table: string): Attack[] {
  const others = [
    administrator,
    ...domains.flatMap((domain) => logins.map((login) => loginRole(domain, login))),
  ].filter((role) => role !== self);
  const statements: string[] = [
    ...others.flatMap((role) => [
      `set role ${role}`,
      `select set_config('role', '${role}', false)`,
      `set session authorization ${role}`,
      `grant ${role} to ${self}`,
    ]),
    "copy (select 1) to program 'true'",
    `copy ${table} from program 'true'`,
    "copy (select 1) to '/tmp/novacron-attack'",
    `copy ${table} from '/etc/passwd'`,
    "select lo_export(1, '/tmp/novacron-attack')",
    "select lo_import('/etc/passwd')",
    "select lo_create(0)",
    "select lo_from_bytea(0, 'kept where no policy looks')",
    "select pg_read_file('/etc/passwd')",
    "select pg_read_binary_file('postgresql.conf')",
    "select pg_ls_dir('.')",
    "select pg_stat_file('PG_VERSION')",
    "select * from pg_authid",
    "select * from pg_shadow",
    "select pg_reload_conf()",
    "select pg_rotate_logfile()",
    "select pg_terminate_backend(pid) from pg_stat_activity where usename <> current_user and pid <> pg_backend_pid()",
    "alter system set log_statement = 'all'",
    "set session_replication_role = 'replica'",
    "set log_statement = 'none'",
    "load 'auto_explain'",
    `alter role ${self} superuser`,
    `alter role ${self} bypassrls`,
    `alter role ${self} createrole`,
    `alter role ${self} createdb`,
    `alter role ${self} replication`,
    `alter role ${administrator} password 'x'`,
    "create role intruder",
    "create database intruder",
    "create schema intruder",
    "create table public.intruder (a int)",
    "create temporary table intruder (a int)",
    "create function public.intruder() returns int language sql as 'select 1'",
    "create view public.intruder as select 1 as a",
    "create extension file_fdw",
    "create foreign data wrapper intruder",
    "create publication intruder for all tables",
    "create event trigger intruder on ddl_command_start execute function pg_catalog.suppress_redundant_updates_trigger()",
    "create language intruder handler plpgsql_call_handler",
    `drop table ${table}`,
    `alter table ${table} disable row level security`,
    `alter table ${table} no force row level security`,
    `alter table ${table} owner to ${self}`,
    `create policy intruder on ${table} using (true)`,
    `drop policy tenant_isolation on ${table}`,
    `create trigger intruder before insert on ${table} for each row execute function suppress_redundant_updates_trigger()`,
    "insert into drizzle.__drizzle_migrations (hash, created_at) values ('x', 1)",
    "drop schema drizzle cascade",
    "checkpoint",
  ];
  return statements.map((statement) => ({ what: statement.slice(0, 60), statement }));
}

/** Returns the attacks that were not refused for a lack of privilege, with their outcomes. */
export async function attacksThatPassed(url: string, attacks: readonly Attack[]): Promise<string[]> {
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => undefined });
  const passed: string[] = [];
  try {
    for (const { statement } of attacks) {
      // Rolled back whatever it did, so that one that passes does not affect the next. The exceptions are statements that cannot run in a
      // transaction.
      const execute = async (on: Pick<postgres.Sql, "unsafe">) => {
        await on.unsafe(statement).simple();
        throw new Error("was executed");
      };
      const outcome = await (
        /^(alter system|create database)/.test(statement) ? execute(sql) : sql.begin(execute)
      ).catch((error: unknown) => error as Error & { code?: string });
      if (outcome.code !== insufficientPrivilege) passed.push(`${statement}: ${outcome.code ?? ""} ${outcome.message}`);
    }
  } finally {
    await sql.end({ timeout: 5 });
  }
  return passed;
}

/** Returns the session's users after each attempt to become the login role again, or no role. */
export async function afterResets(url: string): Promise<string[]> {
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => undefined });
  try {
    const users: string[] = [];
    const resets = [
      "reset role",
      "set role none",
      "reset session authorization",
      "set session authorization default",
      "discard all",
    ];
    for (const statement of resets) {
      await sql.unsafe(statement).simple();
      const [row] = await sql<{ user: string }[]>`select current_user || ' of ' || session_user as user`.simple();
      users.push(row?.user ?? "");
    }
    return users;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Returns the error code with which a login cannot connect to a database; undefined when it can. */
export async function connectError(url: string): Promise<string | undefined> {
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => undefined });
  return sql
    .unsafe("select 1")
    .then(
      () => undefined,
      (error: unknown) => (error as { code?: string }).code,
    )
    .finally(() => sql.end({ timeout: 5 }));
}
