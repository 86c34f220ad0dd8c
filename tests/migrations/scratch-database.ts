import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { adminUrl } from "#tests/harness/server.ts";

export interface ScratchDatabase {
  url: string;
  /** The superuser's connections to it. */
  sql: postgres.Sql;
  drop(): Promise<void>;
}

/** A new empty database on the tests' server, for one test or one file. */
export const scratchDatabase = async (): Promise<ScratchDatabase> => {
  const name = `scratch_${randomBytes(6).toString("hex")}`;
  await onServer((sql) => sql.unsafe(`create database ${name}`));
  const url = databaseUrl(name);
  const sql = postgres(url, { max: 2, onnotice: () => {} });
  return {
    url,
    sql,
    drop: async () => {
      await sql.end();
      await onServer((admin) => admin.unsafe(`drop database ${name} with (force)`));
    },
  };
};

/** Runs statements as the server's superuser. */
export const onServer = async <T>(use: (sql: postgres.Sql) => Promise<T>): Promise<T> => {
  const sql = postgres(adminUrl(), { max: 1, onnotice: () => {} });
  try {
    return await use(sql);
  } finally {
    await sql.end();
  }
};

const databaseUrl = (name: string): string => {
  const url = new URL(adminUrl());
  url.pathname = `/${name}`;
  return url.href;
};
