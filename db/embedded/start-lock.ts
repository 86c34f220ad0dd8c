import { linkSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { EmbeddedPostgresError, errorCode } from "./errors.ts";
import { isAlive, ownIdentity, type ProcessIdentity } from "#lib/process/process-identity.ts";

const waitLimitMs = 120_000;

/**
 * Runs `work` while no other process starts or stops the server of this data folder. A lock whose holder has died is taken over. Throws START_FAILED when a
 * living holder keeps it for two minutes.
 */
export async function withStartLock<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  const path = join(dataDir, "postgres.lock");
  const deadline = performance.now() + waitLimitMs;
  while (!tryLock(path)) {
    if (breakStale(path)) continue;
    if (performance.now() > deadline) {
      throw new EmbeddedPostgresError(
        "START_FAILED",
        `Process ${holder(path)?.pid ?? "?"} has been starting or stopping the server of ${dataDir} for two minutes. ` +
          `End it, or remove ${path} if it is not a NovaCron process.`,
      );
    }
    await delay(20);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function tryLock(path: string): boolean {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(ownIdentity()));
  try {
    // A link appears atomically: no process ever reads a lock without its holder.
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function holder(path: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

/**
 * Removes a lock whose holder is dead. Of two processes that see it at once, only one may remove it. Otherwise the second would remove the lock that the first
 * has taken since. So removal has a guard of its own, held for an instant.
 */
function breakStale(path: string): boolean {
  const seen = holder(path);
  if (seen === undefined || isAlive(seen)) return false;
  const guard = `${path}.break`;
  try {
    writeFileSync(guard, "", { flag: "wx" });
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
    removeAbandonedGuard(guard);
    return false;
  }
  try {
    const now = holder(path);
    if (now !== undefined && !isAlive(now)) unlinkSync(path);
  } finally {
    rmSync(guard, { force: true });
  }
  return true;
}

function removeAbandonedGuard(guard: string): void {
  const made = statSync(guard, { throwIfNoEntry: false })?.mtimeMs;
  if (made !== undefined && Date.now() - made > 10_000) rmSync(guard, { force: true });
}
