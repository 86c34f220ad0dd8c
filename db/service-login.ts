import type postgres from "postgres";
import { log } from "#lib/observability/log.ts";
import type { Domain } from "./columns.ts";

interface SessionLogin {
  login: string;
  role: string;
  bypasses: boolean;
  /** What the login may do beyond its role, as text. */
  excess: string[];
}

/**
 * Rejects a connection whose login may do more than its role. Row-level security has no effect on a superuser or a role with BYPASSRLS. Where the login is not
 * the role itself, one injected `reset role` is enough to become the owner. In development the latter is allowed, because one URL may serve for all.
 * @throws Error `RLS_BYPASSED` or `LOGIN_NOT_CONFINED`
 */
export async function requireConfinedLogin(client: postgres.Sql, domain: Domain): Promise<void> {
  const [found] = await client<SessionLogin[]>`
    select session_user::text as login, current_user::text as role, held.rolsuper or held.rolbypassrls as bypasses,
      to_jsonb(array_remove(array[
        case when login.oid <> held.oid then 'it may reset its role' end,
        case when login.rolsuper then 'it is a superuser' end,
        case when login.rolbypassrls then 'it bypasses row-level security' end,
        case when login.rolcreaterole then 'it may create roles' end,
        case when login.rolcreatedb then 'it may create databases' end,
        case when login.rolreplication then 'it may replicate' end,
        (select 'it is a member of ' || string_agg(roleid::regrole::text, ', ') from pg_auth_members
          where member = login.oid and login.oid = held.oid),
        case when exists (select from pg_database where datname = current_database() and datdba = login.oid)
          or exists (select from pg_class where relowner = login.oid) then 'it owns what is in the database' end
      ], null)) as excess
    from pg_roles login, pg_roles held where login.rolname = session_user and held.rolname = current_user`;
  if (!found || found.bypasses) {
    const message = `Role ${found?.role ?? "?"} of the ${domain} database would bypass row-level security.`;
    throw Object.assign(new Error(message), { code: "RLS_BYPASSED" });
  }
  const { login, role, excess } = found;
  if (excess.length === 0) return;
  const message =
    `The login ${login} of the ${domain} database is more than the role ${role}: ${excess.join(", ")}. ` +
    `Give the service a login of its own (DATABASE_URL_${domain.toUpperCase()}_${role.endsWith("_system") ? "SYSTEM" : "SERVICE"}); ` +
    "`novacron migrate --print-roles` prints the SQL for it.";
  if (process.env["NOVACRON_ENV"] === "production")
    throw Object.assign(new Error(message), { code: "LOGIN_NOT_CONFINED" });
  warnOnce(message);
}

const warned = new Set<string>();

function warnOnce(message: string): void {
  if (warned.has(message)) return;
  warned.add(message);
  log.database.warn(message);
}
