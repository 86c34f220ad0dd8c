import { type Domain, domains } from "#db/columns.ts";
import { databaseName, ownerRole } from "#db/logins.ts";
import { rolesSql } from "#db/roles.ts";
import { scramVerifier } from "#db/scram.ts";
import type { DatabaseUrls, Environment } from "./environment.ts";

/**
 * The SQL of an administrator for all five databases: names and passwords as in the URLs, the latter so that the SQL gives none away. Each database is a
 * part of its own under a comment with its server, which names nothing of another database; the parts of one server follow each other.
 */
export async function printRoles({ databaseUrls }: Pick<Environment, "databaseUrls">): Promise<string> {
  const parts = await Promise.all(domains.map((domain) => rolesOf(domain, databaseUrls?.[domain] ?? {})));
  // Stable: databases of one server stay in the order of the domains.
  const byServer = parts.toSorted((one, other) =>
    one.server === other.server ? 0 : one.server < other.server ? -1 : 1,
  );
  return `${byServer.map(({ title, sql }) => `-- ${title}\n${sql}`).join("\n\n")}\n`;
}

interface RolesPart {
  /** Host and port; empty where no URL names one. */
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
  // As the URL has it: what is decoded may hold the end of a line, and with it the end of the comment.
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
