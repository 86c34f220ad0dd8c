import { hkdfSync } from "node:crypto";
import { type Domain, serviceRole, systemRole } from "./columns.ts";

/**
 * Who logs in to a domain's database: its owner, who migrates it; its service; and the jobs that cross tenants. Service and jobs log in as the very
 * roles that policies name, and can become nobody else.
 */
export const logins = ["owner", "service", "system"] as const;
export type Login = (typeof logins)[number];

/** The database of a domain on servers that this program prepares, and where a URL names none. */
export const databaseName = (domain: Domain): string => `novacron_${domain}`;

/** The owner that this program makes on servers that it prepares; elsewhere an administrator chooses its name. */
export const ownerRole = (domain: Domain): string => `novacron_${domain}_owner`;

export const loginRole = (domain: Domain, login: Login): string =>
  ({ owner: ownerRole, service: serviceRole, system: systemRole })[login](domain);

/** The password of a login on the embedded server, from the administrator's: it is written down nowhere, and a new one of the latter changes all. */
export const derivedPassword = (administratorPassword: string, role: string): string =>
  Buffer.from(hkdfSync("sha256", administratorPassword, "", `novacron login ${role}`, 32)).toString("base64url");

/** The URL of the same database for one of its logins, where the passwords are derived. */
export function derivedUrl(administratorUrl: string, domain: Domain, login: Login): string {
  const url = new URL(administratorUrl);
  const role = loginRole(domain, login);
  const password = derivedPassword(decodeURIComponent(url.password), role);
  [url.username, url.password] = [role, password];
  return url.href;
}
