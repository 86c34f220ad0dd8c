import type postgres from "postgres";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { type Domain, serviceRole, systemRole } from "#db/columns.ts";

/** The rights of a domain's two roles, one line each, as in docs/running.md. */
export interface DatabaseRights {
  /** `| table | service may | in which rows | system may | in which rows |` */
  tables: string[];
  /** Functions that either role may call and that run with their owner's rights: the only way around the rights on tables. Only a trigger calls its function. */
  definerFunctions: string[];
}

interface TableRow {
  name: string;
  secured: boolean;
  forced: boolean;
  rights: Record<"service" | "system", { privileges: string[]; policies: Policy[]; partitions: string[] }>;
}

interface Policy {
  name: string;
  command: string;
  using: string | null;
  check: string | null;
}

const allPrivileges = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"];

/** Reads the rights from a migrated database's catalogue. Partitions with rights of their own are listed with their table. */
export async function readRights(sql: postgres.Sql, domain: Domain): Promise<DatabaseRights> {
  const [server] = await sql<{ version: number }[]>`select current_setting('server_version_num')::int as version`;
  const privileges = [...allPrivileges, ...((server?.version ?? 0) >= 170_000 ? ["MAINTAIN"] : [])];
  const roles = { service: serviceRole(domain), system: systemRole(domain) };
  const rightsOf = (role: string) => sql`
    json_build_object(
      'privileges', (
        select coalesce(json_agg(lower(wish) || case when has_table_privilege(${role}::text, pg_class.oid, wish) then '' else ' (' || (
            select string_agg(attname, ', ' order by attnum) from pg_attribute
            where attrelid = pg_class.oid and attnum > 0 and not attisdropped and has_column_privilege(${role}::text, attrelid, attnum, wish)
          ) || ')' end order by position), '[]')
        from unnest(${privileges}::text[]) with ordinality as wishes (wish, position)
        where has_table_privilege(${role}::text, pg_class.oid, wish)
          or wish in ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') and has_any_column_privilege(${role}::text, pg_class.oid, wish)
      ),
      'policies', (
        select coalesce(json_agg(json_build_object('name', polname, 'command', polcmd, 'using', pg_get_expr(polqual, polrelid),
          'check', pg_get_expr(polwithcheck, polrelid)) order by polname), '[]')
        from pg_policy where polrelid = pg_class.oid and (${role}::text::regrole = any(polroles) or 0 = any(polroles))
      ),
      'partitions', (
        select coalesce(json_agg(distinct lower(wish)), '[]') from pg_inherits join unnest(${privileges}::text[]) as wish on true
        where inhparent = pg_class.oid and has_table_privilege(${role}::text, inhrelid, wish)
      )
    )`;
  const tables = await sql<TableRow[]>`
    select relname as name, relrowsecurity as secured, relforcerowsecurity as forced,
      json_build_object('service', ${rightsOf(roles.service)}, 'system', ${rightsOf(roles.system)}) as rights
    from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f') and not relispartition
    order by relname collate "C"`;
  const functions = await sql<{ name: string; callers: string[] }[]>`
    select proname as name, array(
        select caller from unnest(${[roles.service, roles.system]}::text[]) as caller
        where has_function_privilege(caller, pg_proc.oid, 'execute')
      ) as callers
    from pg_proc where pronamespace = 'public'::regnamespace and prosecdef and prorettype <> 'trigger'::regtype order by proname collate "C"`;
  return {
    tables: tables.map(tableLine),
    definerFunctions: functions.map(({ name, callers }) => `| \`${name}\` | ${callers.join(", ") || "no role"} |`),
  };
}

function tableLine({ name, secured, forced, rights }: TableRow): string {
  // Without row-level security, rows are not limited to tenants: "every row".
  const cells = (["service", "system"] as const).flatMap((role) => {
    const { privileges: held, policies, partitions } = rights[role];
    const own = partitions.length > 0 ? `; of each partition: ${partitions.join(", ")}` : "";
    if (held.length === 0 && partitions.length === 0) return ["nothing", ""];
    const rows = secured
      ? `${policies.map(policyText).join("; ") || "none"}${forced ? "" : " (not forced)"}`
      : "every row";
    return [`${held.join(", ") || "nothing"}${own}`, rows];
  });
  return `| \`${name}\` | ${cells.join(" | ")} |`;
}

const commands: Record<string, string> = { r: "select", a: "insert", w: "update", d: "delete" };
const currentTenant = "( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS \"nullif\")";

/** Returns words for the two policies that nearly all tables have, and the expressions of all others. */
function policyText({ command, using, check }: Policy): string {
  const what = using === check || check === null ? using : using === null ? check : `${using}, writes ${check}`;
  const listed = (what ?? "")
    .replaceAll(currentTenant, "own tenant")
    .replaceAll(`'${platformTenantId}'::uuid`, "the platform")
    .replaceAll(/\s+/g, " ");
  const rows =
    listed === "true"
      ? "every tenant"
      : /^\((tenant_id|id) = own tenant\)$/.test(listed)
        ? "own tenant"
        : `\`${listed}\``;
  return command === "*" ? rows : `${commands[command]}: ${rows}`;
}
