import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chooseServerUser } from "#db/embedded/server-user.ts";

export interface SmallDisk {
  /** A folder on the disk that belongs to the user of PostgreSQL. */
  folder: string;
  /** Writes a file next to the folder until no space is left. */
  fill(): void;
  /** Removes that file. */
  makeRoom(): void;
  remove(): void;
}

/** Mounts a file system of this size in memory. Returns undefined where that is not permitted: it takes root, and the right to mount. */
export function smallDisk(megabytes: number): SmallDisk | undefined {
  const mountPoint = mkdtempSync(join(tmpdir(), "novacron-small-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", mountPoint], { stdio: "ignore" });
  } catch {
    rmSync(mountPoint, { recursive: true });
    return undefined;
  }
  chmodSync(mountPoint, 0o755);
  const folder = join(mountPoint, "data");
  mkdirSync(folder);
  const { switch: user } = chooseServerUser(undefined);
  if (user) chownSync(folder, user.uid, user.gid);
  const filler = join(mountPoint, "filler");
  return {
    folder,
    fill: () => {
      const file = openSync(filler, "w");
      try {
        for (const bytes of [2 ** 20, 4_096]) {
          const block = Buffer.alloc(bytes);
          try {
            for (;;) writeSync(file, block);
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
          }
        }
      } finally {
        closeSync(file);
      }
    },
    makeRoom: () => rmSync(filler),
    remove: () => {
      // Unmounts lazily, because a server that is being stopped may have files open.
      execFileSync("umount", ["--lazy", mountPoint]);
      rmSync(mountPoint, { recursive: true, force: true });
    },
  };
}

export const needsMount = "a small file system needs root and the right to mount one";
