import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { adminUrl, asOwner, urlOf } from "#tests/harness/server.ts";

export interface ScratchDatabase {
  url: string;
  /** Connections to it as the superuser. */
  sql: postgres.Sql;
  drop(): Promise<void>;
}

/** Creates an empty database on the tests' server, for one test or one file. */
export async function scratchDatabase(): Promise<ScratchDatabase> {
  const name = `scratch_${randomBytes(6).toString("hex")}`;
  await onServer(`create database ${name}`);
  const sql = postgres(urlOf(name), { max: 2, onnotice: () => undefined });
  return {
    url: urlOf(name),
    sql,
    drop: async () => {
      await sql.end();
      await onServer(`drop database ${name} with (force)`);
    },
  };
}

/** Runs statements as the server's superuser. */
export const onServer = (statements: string): Promise<unknown> => asOwner(adminUrl(), (sql) => sql.unsafe(statements));
