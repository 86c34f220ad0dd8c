import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { type Domain, domains } from "#db/columns.ts";
import { derivedUrl, type Login } from "#db/logins.ts";

/** Returns the owner's URL of the run's one database server. */
export function adminUrl(): string {
  const url = process.env["NOVACRON_TEST_SERVER_URL"];
  if (!url) throw new Error("The project of this test has no server: see tests/projects.ts.");
  return url;
}

export const templateName = (domain: Domain): string => `template_${domain}`;

export function urlOf(database: string): string {
  const url = new URL(adminUrl());
  url.pathname = `/${database}`;
  return url.href;
}

/** Runs statements as the server's owner on one of its databases. */
export async function asOwner<T>(url: string, use: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    return await use(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

export interface TestDatabases {
  /** Returns the URL of a domain's database. @param login one of the domain's own; without it the server's administrator, who may do everything */
  url(domain: Domain, login?: Login): string;
  drop(): Promise<void>;
}

/** Clones databases for one test from the migrated templates, of all five domains or of some. */
export async function cloneDatabases(of: readonly Domain[] = domains): Promise<TestDatabases> {
  const suffix = randomBytes(6).toString("hex");
  const name = (domain: Domain) => `test_${domain}_${suffix}`;
  await asOwner(adminUrl(), async (sql) => {
    // Copies files, which is faster than block by block through the log.
    for (const domain of of)
      await sql.unsafe(`create database ${name(domain)} template ${templateName(domain)} strategy file_copy`);
  });
  return {
    url: (domain, login) => {
      const url = urlOf(name(domain));
      return login === undefined ? url : derivedUrl(url, domain, login);
    },
    drop: () =>
      asOwner(adminUrl(), async (sql) => {
        // A test that counts statements reads those of all databases, and should not find those that are gone.
        await sql`select pg_stat_statements_reset(0, oid, 0) from pg_database where datname = any(${of.map(name)})`;
        for (const domain of of) await sql.unsafe(`drop database if exists ${name(domain)} with (force)`);
      }),
  };
}
