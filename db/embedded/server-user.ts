import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { EmbeddedPostgresError, useOtherServer } from "./errors.ts";

/** The user that PostgreSQL runs as; `switch` is undefined when that is the user of this process. */
export interface ServerUser {
  name: string;
  switch?: { uid: number; gid: number };
}

/**
 * Chooses the user for PostgreSQL, which refuses to run as root. Root chooses the owner of existing data, otherwise the user `postgres`, otherwise `nobody`.
 * Any other user runs it as themselves.
 */
export function chooseServerUser(existingData: string | undefined): ServerUser {
  if (process.getuid?.() !== 0) return { name: `user ${process.getuid?.() ?? "?"}` };
  const owner = existingData === undefined ? undefined : statSync(existingData);
  if (owner !== undefined && owner.uid !== 0) {
    return { name: `user ${owner.uid}`, switch: { uid: owner.uid, gid: owner.gid } };
  }
  for (const name of ["postgres", "nobody"]) {
    const uid = lookUp("-u", name);
    const gid = lookUp("-g", name);
    if (uid !== undefined && gid !== undefined) return { name, switch: { uid, gid } };
  }
  throw new EmbeddedPostgresError(
    "START_FAILED",
    "PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody to run it as. " +
      `Start as an ordinary user. ${useOtherServer}`,
  );
}

/** Returns a user's id by name. `id` also sees directory services, which /etc/passwd does not hold (macOS). */
function lookUp(flag: "-u" | "-g", name: string): number | undefined {
  try {
    // spawn() takes signed 32-bit ids; on macOS the user `nobody` has 4294967294 (-2).
    return Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })) | 0;
  } catch {
    return undefined;
  }
}
