import { setTimeout as delay } from "node:timers/promises";
import postgres from "postgres";
import { type Domain, serviceRole, systemRole } from "./columns.ts";
import { connect } from "./connect-failure.ts";
import { type Login, loginRole, logins, ownerRole } from "./logins.ts";
import { connectSql, createRole, lostRace, quoted } from "./database-roles.ts";
import { isVerifierOf, scramVerifier } from "./scram.ts";

export interface Preparation {
  domain: Domain;
  /** The URL with which a superuser connects to the domain's database. */
  administratorUrl: string;
  passwords: Readonly<Record<Login, string>>;
}

const attempts = 10;

/**
 * Gives a domain's database its owner and its logins with these passwords, on a server that belongs only to this program: the embedded one, or the one of a
 * container. The owner then owns what a superuser owned there before. Changes nothing when everything is already in place. It may be called again, and by
 * several programs at once.
 * @returns whether anything was changed
 */
export async function prepareDatabase({ domain, administratorUrl, passwords }: Preparation): Promise<boolean> {
  const sql = postgres(administratorUrl, {
    max: 1,
    fetch_types: false,
    connect_timeout: 30,
    onnotice: () => undefined,
    connection: { application_name: "novacron prepare" },
  });
  try {
    await connect(sql, { domain, url: administratorUrl });
    if (await isPrepared(sql, domain, passwords)) return false;
    const database = decodeURIComponent(new URL(administratorUrl).pathname.slice(1));
    const verifiers = await Promise.all(logins.map((login) => scramVerifier(passwords[login])));
    const statements = preparation(domain, database, verifiers);
    for (let attempt = 1; ; attempt += 1) {
      try {
        await sql.begin((tx) => tx.unsafe(statements.join(";\n")).simple());
        return true;
      } catch (error) {
        const isRace = error instanceof postgres.PostgresError && lostRace.has(error.code);
        if (!isRace || attempt === attempts) throw error;
        await delay(Math.random() * 20 * attempt);
      }
    }
  } finally {
    await sql.end({ timeout: 5 });
  }
}

async function isPrepared(sql: postgres.Sql, domain: Domain, passwords: Preparation["passwords"]): Promise<boolean> {
  const found = await sql<{ verifier: string | null; isPlain: boolean }[]>`
    select rolpassword as verifier,
      rolcanlogin and not (rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls) and
        (role = ${ownerRole(domain)} or not rolinherit and not exists (select from pg_auth_members where member = oid)) as "isPlain"
    from unnest(string_to_array(${logins.map((login) => loginRole(domain, login)).join()}, ',')) with ordinality as wanted (role, place)
    join pg_authid on rolname = role order by place`;
  if (found.length < logins.length || !found.every(({ isPlain }) => isPlain)) return false;
  const [database] = await sql<{ isOurs: boolean }[]>`
    select datdba = to_regrole(${ownerRole(domain)}) and not exists (
      select from aclexplode(coalesce(datacl, acldefault('d', datdba))) where grantee = 0
    ) as "isOurs" from pg_database where datname = current_database()`;
  if (database?.isOurs !== true) return false;
  const kept = await Promise.all(
    logins.map((login, place) => isVerifierOf(found[place]?.verifier ?? null, passwords[login])),
  );
  return kept.every(Boolean);
}

function preparation(domain: Domain, database: string, verifiers: readonly string[]): string[] {
  const owner = ownerRole(domain);
  return [
    ...logins.flatMap((login, place) => [
      createRole(loginRole(domain, login)),
      `alter role ${quoted(loginRole(domain, login))} login ${login === "owner" ? "" : "noinherit"} nosuperuser nocreatedb nocreaterole
        noreplication nobypassrls password '${verifiers[place]}'`,
    ]),
    // Before they get their own: a service is a member of no role.
    `do $$ declare held record; begin
      for held in select roleid::regrole as role, member::regrole as holder from pg_auth_members
        where member in (${regrole(serviceRole(domain))}, ${regrole(systemRole(domain))})
      loop execute format('revoke %s from %s', held.role, held.holder); end loop; end $$`,
    `grant ${quoted(serviceRole(domain))}, ${quoted(systemRole(domain))} to ${quoted(owner)}`,
    givenTo(owner),
    `alter default privileges for role ${quoted(owner)} revoke execute on functions from public`,
    // Large objects belong to no tenant, and no policy covers them.
    "revoke execute on function lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) from public",
    `alter database ${quoted(database)} owner to ${quoted(owner)}`,
    ...connectSql(domain, database),
    "revoke all on database postgres, template1 from public",
  ];
}

const regrole = (role: string): string => `'${quoted(role)}'::regrole`;

/**
 * Objects that the program created when it migrated as a superuser. Not REASSIGN OWNED, which rejects the first superuser. Not objects of extensions, nor
 * objects that change owner with their table.
 */
const givenTo = (owner: string): string => `do $$ declare given record; begin
  for given in
    with schemas as (
      select oid, nspname, nspowner from pg_namespace
      where nspname !~ '^(pg_|_?timescaledb)' and nspname <> 'information_schema'
    ), apart as (
      select classid, objid from pg_depend where deptype = 'e' or deptype in ('a', 'i') and classid = 'pg_class'::regclass
        and refclassid = 'pg_class'::regclass
    )
    select format('alter schema %I owner to', nspname) as command from schemas
      where nspname <> 'public' and nspowner <> ${regrole(owner)}
    union all
    select format('alter table %s owner to', pg_class.oid::regclass) from pg_class join schemas on schemas.oid = relnamespace
      where relkind in ('r', 'p', 'v', 'm', 'S', 'f') and relowner <> ${regrole(owner)}
        and not (relkind = 'S' and exists (select from apart where classid = 'pg_class'::regclass and objid = pg_class.oid))
        and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype = 'e')
    union all
    select format('alter routine %s owner to', pg_proc.oid::regprocedure) from pg_proc join schemas on schemas.oid = pronamespace
      where proowner <> ${regrole(owner)}
        and not exists (select from apart where classid = 'pg_proc'::regclass and objid = pg_proc.oid)
    union all
    select format('alter type %s owner to', pg_type.oid::regtype) from pg_type join schemas on schemas.oid = typnamespace
      where typtype in ('e', 'd') and typowner <> ${regrole(owner)}
        and not exists (select from apart where classid = 'pg_type'::regclass and objid = pg_type.oid)
  loop execute given.command || ' ${quoted(owner)}'; end loop; end $$`;
