import { constants, fstatSync, openSync, readSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { giveToOwner } from "./connection-record.ts";

const rotateAtBytes = 10 * 1024 * 1024;

export const serverLogPath = (dataDir: string): string => join(dataDir, "postgres.log");

/** Opens the server's log to append to. A long log moves to `postgres.log.1` first. The caller closes the descriptor. */
export function openServerLog(dataDir: string): number {
  const path = serverLogPath(dataDir);
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > rotateAtBytes) renameSync(path, `${path}.1`);
  // The log may hold statements with their values, so its mode is 600. It is never opened through a link that another user put there.
  const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  const file = openSync(path, flags, 0o600);
  giveToOwner(path, dataDir);
  return file;
}

export const logSize = (file: number): number => fstatSync(file).size;

/** Returns what was written to the log since it had `from` bytes, at most its last 4 KiB. */
export function readLogSince(file: number, from: number): string {
  const to = logSize(file);
  const length = Math.min(to - from, 4096);
  const buffer = Buffer.alloc(length);
  readSync(file, buffer, 0, length, to - length);
  return buffer.toString("utf8").trimEnd();
}
