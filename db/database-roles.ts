import { setTimeout as delay } from "node:timers/promises";
import postgres from "postgres";
import { type Domain, serviceRole, systemRole } from "./columns.ts";
import { loginRole } from "./logins.ts";
import { MigrationError } from "./migration-error.ts";

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const createRole = (role: string): string =>
  `do $$ begin create role ${quoted(role)} nologin; exception when duplicate_object or unique_violation then null; end $$;`;

export interface PrintedRoles {
  /** The user of the domain's `DATABASE_URL_*`. */
  owner: string;
  database: string;
  /** The verifiers that `scramVerifier` returns. A login without one has no password yet. */
  verifiers?: Readonly<Partial<Record<"service" | "system", string>>>;
}

/**
 * Returns the SQL with which an administrator prepares a server for one domain: the two logins, which can connect only to the domain's database, and the right
 * of the owner to act as them. It may be run again.
 */
export const rolesSql = (domain: Domain, { owner, database, verifiers = {} }: PrintedRoles): string =>
  [
    ...(["service", "system"] as const).flatMap((login) => {
      const role = quoted(loginRole(domain, login));
      const verifier = verifiers[login];
      return [
        createRole(loginRole(domain, login)),
        `alter role ${role} login noinherit${verifier === undefined ? "" : ` password '${verifier}'`};`,
        `grant ${role} to ${quoted(owner)};`,
      ];
    }),
    ...connectSql(domain, database).map((statement) => `${statement};`),
    `grant connect, create, temporary on database ${quoted(database)} to ${quoted(owner)};`,
  ].join("\n");

/** Allows only its own logins to connect to a domain's database. */
export const connectSql = (domain: Domain, database: string): string[] => [
  `revoke all on database ${quoted(database)} from public`,
  `grant connect on database ${quoted(database)} to ${quoted(serviceRole(domain))}, ${quoted(systemRole(domain))}`,
];

// Roles belong to the whole server, so a lock in one database does not prevent two programs from creating them at the same time: unique_violation,
// duplicate_object, and internal_error ("tuple concurrently updated").
export const lostRace = new Set(["23505", "42710", "XX000"]);
const insufficientPrivilege = "42501";
const attempts = 10;

/**
 * Creates the two roles of a domain where they are missing, and makes the current user a member of them, so that `SET ROLE` works.
 * @throws MigrationError `ROLES_MISSING` when the current user may not do that and no administrator has done it
 */
export const ensureRoles = async (sql: postgres.Sql, domain: Domain): Promise<void> => {
  for (let attempt = 1; ; attempt++) {
    const missing = await missingRoles(sql, domain);
    if (missing.length === 0) return;
    try {
      await createAndGrant(sql, missing);
      return;
    } catch (error) {
      if (!(error instanceof postgres.PostgresError)) throw error;
      if (error.code === insufficientPrivilege) throw await rolesMissing(sql, missing, error);
      if (!lostRace.has(error.code) || attempt === attempts) throw error;
      await delay(Math.random() * 20 * attempt);
    }
  }
};

interface MissingRole {
  role: string;
  exists: boolean;
}

/** Returns the roles that do not exist or that the current user cannot become. */
const missingRoles = async (sql: postgres.Sql, domain: Domain): Promise<MissingRole[]> => {
  // From PostgreSQL 16 on, a member does not always have the right to SET ROLE. Earlier versions have no name for that right.
  const [version] = await sql<{ number: number }[]>`select current_setting('server_version_num')::int as number`;
  const membership = (version?.number ?? 0) >= 160000 ? "SET" : "MEMBER";
  return sql<MissingRole[]>`
    select wanted.role, found.oid is not null as exists
    from unnest(${[serviceRole(domain), systemRole(domain)]}::text[]) with ordinality as wanted (role, position)
    left join pg_roles found on found.rolname = wanted.role
    where found.oid is null or not pg_has_role(found.oid, ${membership})
    order by position`;
};

const createAndGrant = async (sql: postgres.Sql, missing: MissingRole[]): Promise<void> => {
  for (const { role, exists } of missing) {
    if (!exists) await sql.unsafe(createRole(role));
    const [member] = await sql<{ superuser: boolean }[]>`
      select rolsuper as superuser from pg_roles where rolname = current_user`;
    if (member?.superuser !== true) await sql.unsafe(`grant ${quoted(role)} to current_user`);
  }
};

const rolesMissing = async (sql: postgres.Sql, missing: MissingRole[], cause: Error): Promise<MigrationError> => {
  const [user] = await sql<{ name: string }[]>`select current_user::text as name`;
  const names = missing.map(({ role }) => role).join(" and ");
  const wish = missing.some(({ exists }) => !exists) ? "create" : "become";
  return new MigrationError(
    "ROLES_MISSING",
    `The database user ${user?.name ?? "?"} may not ${wish} the roles ${names}. ` +
      "Let an administrator run the SQL that `novacron migrate --print-roles` prints.",
    { cause },
  );
};
