import { type Domain, domains } from "#db/columns.ts";
import { databaseName, ownerRole } from "#db/logins.ts";
import { rolesSql } from "#db/database-roles.ts";
import { scramVerifier } from "#db/scram.ts";
import type { DatabaseUrls, Environment } from "./environment.ts";

/**
 * Returns the SQL of an administrator for all five databases. Names and passwords are those of the URLs; passwords are in a form that does not reveal them.
 * Each database is a part of its own under a comment with its server, which names nothing of another database. The parts of one server follow each other.
 */
export async function roleStatements({ databaseUrls }: Pick<Environment, "databaseUrls">): Promise<string> {
  const parts = await Promise.all(domains.map((domain) => rolesOf(domain, databaseUrls?.[domain] ?? {})));
  // The sort is stable: databases of one server stay in the order of the domains.
  const byServer = parts.toSorted((one, other) =>
    one.server === other.server ? 0 : one.server < other.server ? -1 : 1,
  );
  return `${byServer.map(({ title, sql }) => `-- ${title}\n${sql}`).join("\n\n")}\n`;
}

interface RolesPart {
  /** Host and port; empty where no URL names a server. */
  server: string;
  title: string;
  sql: string;
}

async function rolesOf(domain: Domain, urls: DatabaseUrls): Promise<RolesPart> {
  const { username, pathname, hostname, port } = new URL(urls.owner ?? urls.service ?? urls.system ?? "postgres://");
  const verifierOf = async (url: string | undefined): Promise<string | undefined> => {
    const password = decodeURIComponent(new URL(url ?? "postgres://").password);
    return password === "" ? undefined : scramVerifier(password);
  };
  const [service, system] = await Promise.all([verifierOf(urls.service), verifierOf(urls.system)]);
  const server = hostname === "" ? "" : `${hostname}:${port || "5432"}`;
  // Kept encoded as in the URL: the decoded text may contain a line break, which would end the comment.
  const name = pathname.slice(1) || databaseName(domain);
  return {
    server,
    title: server === "" ? name : `${name} on ${server}`,
    sql: rolesSql(domain, {
      owner: urls.owner && username !== "" ? decodeURIComponent(username) : ownerRole(domain),
      database: decodeURIComponent(pathname.slice(1)) || databaseName(domain),
      verifiers: { ...(service && { service }), ...(system && { system }) },
    }),
  };
}
