import { hkdfSync } from "node:crypto";
import { type Domain, serviceRole, systemRole } from "./columns.ts";

/**
 * The logins of a domain's database: its owner, which migrates it; its service; and the jobs that cross tenants. Service and jobs log in as the very roles that
 * policies name, and can become no other role.
 */
export const logins = ["owner", "service", "system"] as const;
export type Login = (typeof logins)[number];

/** Returns the name of a domain's database on servers that this program prepares, and where a URL names none. */
export const databaseName = (domain: Domain): string => `novacron_${domain}`;

/** Returns the owner that this program creates on servers that it prepares. Elsewhere an administrator chooses its name. */
export const ownerRole = (domain: Domain): string => `novacron_${domain}_owner`;

export const loginRole = (domain: Domain, login: Login): string =>
  ({ owner: ownerRole, service: serviceRole, system: systemRole })[login](domain);

/**
 * Derives the password of a login on the embedded server from the administrator's. It is stored nowhere, and a new administrator password changes all of them.
 */
export const derivedPassword = (administratorPassword: string, role: string): string =>
  Buffer.from(hkdfSync("sha256", administratorPassword, "", `novacron login ${role}`, 32)).toString("base64url");

/** Returns the URL of the same database for one of its logins, where the passwords are derived. */
export function derivedUrl(administratorUrl: string, domain: Domain, login: Login): string {
  const url = new URL(administratorUrl);
  const role = loginRole(domain, login);
  const password = derivedPassword(decodeURIComponent(url.password), role);
  [url.username, url.password] = [role, password];
  return url.href;
}
