import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import postgres from "postgres";
import { type Domain, domains, serviceRole, systemRole } from "#db/columns.ts";
import { requireReviewed } from "#tests/harness/reviewed-table.ts";
import { cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";
import { type DatabaseRights, readRights } from "./database-rights.ts";

let urls: TestDatabases;
const connections = {} as Record<Domain, postgres.Sql>;
const rights = {} as Record<Domain, DatabaseRights>;
beforeAll(async () => {
  urls = await cloneDatabases();
  for (const domain of domains) {
    connections[domain] = postgres(urls.url(domain), { max: 1, onnotice: () => undefined });
    rights[domain] = await readRights(connections[domain], domain);
  }
});
afterAll(async () => {
  await Promise.all(Object.values(connections).map((sql) => sql.end()));
  await urls.drop();
});

/** The rights to a table that the page does not list. */
const ofItsTenant = " | select, insert, update, delete | own tenant | nothing | |";

/** Returns the lines of the tables in the document's section about a database. */
function documented(domain: Domain): string[] {
  const text = readFileSync("docs/running.md", "utf8");
  const section = /^## Who may what in the databases\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(text)?.[1] ?? "";
  const part = section.split(/^### /m).find((each) => each.startsWith(`${domain}\n`)) ?? "";
  // The formatter pads the cells.
  const lines = part.split("\n").filter((line) => line.startsWith("| `"));
  return lines.map((line) => line.replaceAll(/ +\|/g, " |").replaceAll(/\| +/g, "| "));
}

describe.each(domains)("the two roles of %s", (domain) => {
  it("have exactly the rights in docs/running.md under 'Who may what in the databases'", () => {
    const { tables, definerFunctions } = rights[domain];
    const tidy = [...tables, ...definerFunctions].map((line) =>
      line.replaceAll(/ +\|/g, " |").replaceAll(/\| +/g, "| "),
    );
    const rows = (lines: readonly string[]) => lines.map((line) => [line.slice(2, -2)]);
    const unusual = tidy.filter((line) => !line.endsWith(ofItsTenant));
    requireReviewed({ page: "docs/running.md", head: [], rows: rows(documented(domain)) }, rows(unusual));
    expect(documented(domain)).toEqual(unusual);
    expect(unusual.length).toBeLessThan(tidy.length);
  });

  it("do not bypass row-level security by an attribute, a membership or ownership", async () => {
    const roles = [serviceRole(domain), systemRole(domain)];
    const found = await connections[domain]`
      select rolname as name, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication or rolinherit as more,
        array(select granted.rolname::text from pg_auth_members join pg_roles granted on granted.oid = roleid
          where member = pg_roles.oid) as member_of,
        (select count(*)::int from pg_class where relowner = pg_roles.oid)
          + (select count(*)::int from pg_proc where proowner = pg_roles.oid) as owns
      from pg_roles where rolname = any(${roles}) order by rolname`;
    expect([...found]).toEqual(roles.map((name) => ({ name, more: false, member_of: [], owns: 0 })));
  });

  it("reach the schema public, read the applied migrations in another schema, and reach no third", async () => {
    const schemas = await connections[domain]`
      select nspname as schema, role from pg_namespace cross join unnest(${[serviceRole(domain), systemRole(domain)]}::text[]) as role
      where nspname not like 'pg\\_%' and nspname not in ('public', 'information_schema')
        and has_schema_privilege(role, pg_namespace.oid, 'usage, create')`;
    const roles = [serviceRole(domain), systemRole(domain)];
    expect([...schemas]).toEqual(roles.map((role) => ({ schema: "drizzle", role })));
    const [journal] = await connections[domain]`
      select bool_and(has_table_privilege(role, relation, 'select')) as read,
        bool_or(has_table_privilege(role, relation, 'insert, update, delete, truncate')) as write,
        bool_or(has_schema_privilege(role, 'drizzle', 'create')) as create
      from unnest(${roles}::text[]) as role, (values ('drizzle.__drizzle_migrations'::regclass)) as of (relation)`;
    expect(journal).toEqual({ read: true, write: false, create: false });
  });

  it("have no view that would give them the owner's rights", async () => {
    const views = await connections[domain]`
      select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm')
        and not coalesce('security_invoker=true' = any(reloptions), false)`;
    expect([...views]).toEqual([]);
  });

  it("are subject to row-level security on each table with a tenant: every right requires a policy that names the role", async () => {
    const open = await connections[domain]`
      select relname as table, role from pg_class
      cross join unnest(${[serviceRole(domain), systemRole(domain)]}::text[]) as role
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
        and exists (select from pg_attribute where attrelid = pg_class.oid and attname = 'tenant_id')
        and has_any_column_privilege(role, pg_class.oid, 'select, insert, update')
        and not (relrowsecurity and relforcerowsecurity
          and exists (select from pg_policy where polrelid = pg_class.oid and polroles = array[role::regrole::oid]))`;
    expect([...open]).toEqual([]);
    const publicPolicies = await connections[domain]`
      select polrelid::regclass::text as table, polname from pg_policy where 0 = any(polroles)`;
    expect([...publicPolicies]).toEqual([]);
  });
});
