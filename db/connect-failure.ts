import type postgres from "postgres";
import { PublicError } from "#lib/errors.ts";
import type { Domain } from "./columns.ts";
import { publicError } from "./database-errors.ts";
import { logins } from "./logins.ts";

export interface ConnectsTo {
  domain: Domain;
  url: string;
}

/** invalid_authorization_specification, invalid_password, invalid_catalog_name, insufficient_privilege. */
const refusals = new Set(["28000", "28P01", "3D000", "42501"]);

/**
 * Returns why a program has no connection: the server's own message, after the name of the database and of the variable that holds its URL.
 * @returns Error LOGIN_REFUSED, PublicError DATABASE_UNAVAILABLE, or what a client may know of another failure
 */
export function connectFailure(error: unknown, connects: ConnectsTo): unknown {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === "string" && refusals.has(code)) {
    const refused = new Error(`${databaseIn(connects)} refuses the connection: ${String(message)} (${code}).`, {
      cause: error,
    });
    return Object.assign(refused, { code: "LOGIN_REFUSED" });
  }
  const shown = publicError(error);
  return shown instanceof PublicError && shown.code === "DATABASE_UNAVAILABLE"
    ? new PublicError(shown.code, `${databaseIn(connects)} cannot be reached.`)
    : shown;
}

/** Connects a client that has not connected yet. @throws the error that `connectFailure` returns */
export async function connect(sql: postgres.Sql, connects: ConnectsTo): Promise<void> {
  try {
    await sql`select 1`;
  } catch (error) {
    throw connectFailure(error, connects);
  }
}

const databaseIn = ({ domain, url }: ConnectsTo): string => {
  const variable = variableOf(domain, url);
  return `The ${domain} database${variable === undefined ? "" : ` (${variable})`}`;
};

/** Returns the environment variable that names this database and user. With the embedded server there is none. The variable's password may be in a file. */
function variableOf(domain: Domain, url: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const wanted = withoutPassword(url);
  return [...logins, "admin"]
    .map((user) => `DATABASE_URL_${domain}${user === "owner" ? "" : `_${user}`}`.toUpperCase())
    .find((variable) => withoutPassword(env[variable]) === wanted);
}

function withoutPassword(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  url.password = "";
  return url.href;
}
