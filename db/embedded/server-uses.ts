import { randomUUID } from "node:crypto";
import { type ConnectionRecord, readRecord, type ServerUse, writeRecord } from "./connection-record.ts";
import { findPostmaster, type Postmaster, stopPostmaster } from "./postmaster.ts";
import { isAlive, ownIdentity } from "#lib/process/process-identity.ts";
import { withStartLock } from "./start-lock.ts";

type Log = (line: string) => void;

export const beginUse = (): ServerUse => ({ ...ownIdentity(), id: randomUUID() });

/** Returns the other starts of living processes that still need the server. */
export const othersUsing = (record: ConnectionRecord | undefined, use?: ServerUse): ServerUse[] =>
  (record?.uses ?? []).filter((other) => other.id !== use?.id && isAlive(other));

/**
 * Removes a use from the record and stops the server if it was the last one. The server also stops when the data folder has been deleted or the disk is full:
 * no record that could be written then is worth a server that keeps running.
 */
export async function endUse(server: Postmaster, dataDir: string, pgdata: string, use: ServerUse, log: Log) {
  const finish = async () => {
    const others = takeOff(dataDir, use, log);
    if (others.length > 0) log(`PostgreSQL stays up for process ${others.map(({ pid }) => pid).join(", ")}`);
    else if (!(await stopPostmaster(findPostmaster(pgdata) ?? server))) {
      log("PostgreSQL did not stop in 60 s and was cut off; it recovers at the next start");
    }
  };
  try {
    await withStartLock(dataDir, finish);
  } catch (error) {
    log(`Stopping PostgreSQL without the lock of ${dataDir}: ${String(error)}`);
    await finish();
  }
}

function takeOff(dataDir: string, use: ServerUse, log: Log): ServerUse[] {
  let others: ServerUse[] = [];
  try {
    const record = readRecord(dataDir);
    others = othersUsing(record, use);
    if (record !== undefined) writeRecord(dataDir, { ...record, uses: others });
  } catch (error) {
    log(`postgres.json in ${dataDir} could not be brought up to date: ${String(error)}`);
  }
  return others;
}

/**
 * For a process that ends without `stop()`: requests a shutdown of the server, without waiting for it. Returns a function that cancels this. SIGKILL allows no
 * such request; the next start then adopts the server.
 */
export function stopAtExit(dataDir: string, pgdata: string, use: ServerUse): () => void {
  const onExit = () => {
    try {
      const server = findPostmaster(pgdata);
      if (server !== undefined && othersUsing(readRecord(dataDir), use).length === 0)
        process.kill(server.pid, "SIGINT");
    } catch {
      // The process is ending: nothing can report the error any more.
    }
  };
  process.on("exit", onExit);
  return () => process.off("exit", onExit);
}
