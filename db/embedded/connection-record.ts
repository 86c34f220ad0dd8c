import { randomBytes } from "node:crypto";
import { chownSync, closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { EmbeddedPostgresError, errorCode } from "./errors.ts";
import type { ProcessIdentity } from "./process-identity.ts";

export const ownerRole = "novacron_owner";

/** A start that has not been stopped; the server is stopped with the last one of a living process. */
export interface ServerUse extends ProcessIdentity {
  id: string;
}

/** `<data-dir>/postgres.json`, mode 600: what it takes to connect, and who keeps the server up. */
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

/** Undefined when there is none or it cannot be understood. Throws DATA_DIR_UNUSABLE when it may not be read. */
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

/** Replaces the record in one step; it is on disk when this returns, because the only copy of the password is in it. */
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

/** Root leaves files that the data folder's owner can use again. */
export function giveToOwner(path: string, dataDir: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dataDir);
  chownSync(path, uid, gid);
}
