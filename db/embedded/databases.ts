import postgres from "postgres";
import { type ConnectionRecord, connectionUrl } from "./connection-record.ts";
import { errorCode } from "./errors.ts";

type Access = Pick<ConnectionRecord, "port" | "password">;

const connect = (access: Access) =>
  postgres(connectionUrl(access, "postgres"), {
    max: 1,
    ssl: false,
    fetch_types: false,
    connect_timeout: 30,
    onnotice: () => {},
  });

/** Returns whether the server on this port accepts our password. */
export async function canLogIn(access: Access): Promise<boolean> {
  const sql = connect(access);
  try {
    await sql`select 1`;
    return true;
  } catch {
    return false;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Creates the missing databases. Returns their names. */
export async function createMissingDatabases(access: Access, wanted: readonly string[]): Promise<string[]> {
  const sql = connect(access);
  try {
    const rows = await sql<{ datname: string }[]>`select datname from pg_database`;
    const present = new Set(rows.map((row) => row.datname));
    const missing = wanted.filter((name) => !present.has(name));
    for (const name of missing) await sql`create database ${sql(name)}`.catch(ignoreExisting);
    return missing;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** A session that outlived its killed process may be creating the same database. The error arrives when that session is done. */
function ignoreExisting(error: unknown): void {
  const code = errorCode(error);
  if (code !== duplicateDatabase && code !== uniqueViolation) throw error;
}

const duplicateDatabase = "42P04";
const uniqueViolation = "23505";
