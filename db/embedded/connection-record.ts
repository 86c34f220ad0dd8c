import { randomBytes } from "node:crypto";
import { chownSync, closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { EmbeddedPostgresError, errorCode } from "./errors.ts";
import type { ProcessIdentity } from "#lib/process/process-identity.ts";

export const ownerRole = "novacron_owner";

/** A start that has not been stopped. The server stops when the last use of a living process ends. */
export interface ServerUse extends ProcessIdentity {
  id: string;
}

/** `<data-dir>/postgres.json`, mode 600: the connection settings, and the processes that keep the server running. */
export interface ConnectionRecord {
  host: "127.0.0.1";
  port: number;
  user: typeof ownerRole;
  password: string;
  /** PGDATA; relative to the data folder when it is inside, so that the folder can be moved. */
  pgdata: string;
  settings: Record<string, string>;
  uses: ServerUse[];
}

export const newPassword = (): string => randomBytes(32).toString("base64url");

export const connectionUrl = (record: Pick<ConnectionRecord, "port" | "password">, database: string): string =>
  `postgres://${ownerRole}:${record.password}@127.0.0.1:${record.port}/${encodeURIComponent(database)}`;

const recordPath = (dataDir: string): string => join(dataDir, "postgres.json");

/** Reads the record. Returns undefined when there is none or it cannot be parsed. Throws DATA_DIR_UNUSABLE when reading it is not permitted. */
export function readRecord(dataDir: string): ConnectionRecord | undefined {
  let text: string;
  try {
    text = readFileSync(recordPath(dataDir), "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw new EmbeddedPostgresError(
      "DATA_DIR_UNUSABLE",
      `${recordPath(dataDir)} cannot be read (${String(error)}). Run as the user that started the server, or use ` +
        "another data folder (--data-dir).",
      { cause: error },
    );
  }
  return parseRecord(text);
}

function parseRecord(text: string): ConnectionRecord | undefined {
  try {
    const record = JSON.parse(text) as Partial<ConnectionRecord> | null;
    const { port, password, pgdata, settings, uses } = record ?? {};
    if (typeof port !== "number" || typeof password !== "string" || typeof pgdata !== "string") return undefined;
    const used = Array.isArray(uses) ? uses : [];
    return {
      host: "127.0.0.1",
      port,
      user: ownerRole,
      password,
      pgdata,
      settings: settings ?? {},
      uses: used,
    };
  } catch {
    return undefined;
  }
}

/** Replaces the record atomically. The record is on disk when this returns, because it holds the only copy of the password. */
export function writeRecord(dataDir: string, record: ConnectionRecord): void {
  const path = recordPath(dataDir);
  const temporary = `${path}.${process.pid}.tmp`;
  const file = openSync(temporary, "w", 0o600);
  try {
    writeSync(file, `${JSON.stringify(record, undefined, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  giveToOwner(temporary, dataDir);
  renameSync(temporary, path);
}

/** Gives a file to the data folder's owner: the owner must be able to use the files that root leaves. */
export function giveToOwner(path: string, dataDir: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dataDir);
  chownSync(path, uid, gid);
}
