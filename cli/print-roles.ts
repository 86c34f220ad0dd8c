import { type Domain, domains } from "#db/columns.ts";
import { ownerRole } from "#db/logins.ts";
import { rolesSql } from "#db/roles.ts";
import { scramVerifier } from "#db/scram.ts";
import type { DatabaseUrls, Environment } from "./environment.ts";
import { databaseName } from "./databases.ts";

/** The SQL of an administrator for all five databases: names and passwords as in the URLs, the latter so that the SQL gives none away. */
export async function printRoles({ databaseUrls }: Pick<Environment, "databaseUrls">): Promise<string> {
  const parts = await Promise.all(domains.map((domain) => rolesOf(domain, databaseUrls?.[domain] ?? {})));
  return `${parts.join("\n")}\n`;
}

async function rolesOf(domain: Domain, urls: DatabaseUrls): Promise<string> {
  const { username, pathname } = new URL(urls.owner ?? urls.service ?? urls.system ?? "postgres://");
  const verifierOf = async (url: string | undefined): Promise<string | undefined> => {
    const password = decodeURIComponent(new URL(url ?? "postgres://").password);
    return password === "" ? undefined : scramVerifier(password);
  };
  const [service, system] = await Promise.all([verifierOf(urls.service), verifierOf(urls.system)]);
  return rolesSql(domain, {
    owner: urls.owner && username !== "" ? decodeURIComponent(username) : ownerRole(domain),
    database: decodeURIComponent(pathname.slice(1)) || databaseName(domain),
    verifiers: { ...(service && { service }), ...(system && { system }) },
  });
}
