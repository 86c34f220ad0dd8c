import { type Domain, domains } from "#db/columns.ts";
import { type Login, loginRole, logins } from "#db/logins.ts";
import { type Preparation, prepareDatabase } from "#db/prepare.ts";
import { ConfigurationError } from "#lib/process/configuration-error.ts";
import { type DatabaseUrls, type Environment, urlVariable } from "./environment.ts";

/**
 * Creates owners and logins with the names and passwords of their URLs, as the administrators that `DATABASE_URL_*_ADMIN` name. Run again after a password has
 * changed, it changes the password of the login.
 * @returns what it did, in plain language
 * @throws ConfigurationError
 */
export async function prepareServers({ databaseUrls }: Pick<Environment, "databaseUrls">): Promise<string> {
  const preparations = domains.map((domain) => preparationOf(domain, databaseUrls?.[domain] ?? {}));
  const problems = preparations.flatMap((each) => each.problems);
  if (problems.length > 0) throw new ConfigurationError(problems);
  const changed: Domain[] = [];
  for (const each of preparations) if (await prepareDatabase(each)) changed.push(each.domain);
  return changed.length > 0 ? `prepared ${changed.join(", ")}` : "all databases are prepared";
}

function preparationOf(domain: Domain, urls: DatabaseUrls): Preparation & { problems: readonly string[] } {
  const problems: string[] = [];
  const partsOf = (user: Login | "admin") => {
    const url = new URL(urls[user] ?? "postgres://");
    if (!urls[user]) problems.push(`${urlVariable(domain, user)}: missing`);
    else if (url.password === "") problems.push(`${urlVariable(domain, user)}: has no password, and no file with one`);
    return { name: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  };
  partsOf("admin");
  const passwords = Object.fromEntries(
    logins.map((login) => {
      const { name, password } = partsOf(login);
      const role = loginRole(domain, login);
      if (urls[login] && name !== role) problems.push(`${urlVariable(domain, login)}: the user must be ${role}`);
      return [login, password];
    }),
  ) as Record<Login, string>;
  return { domain, administratorUrl: urls.admin ?? "", passwords, problems };
}
