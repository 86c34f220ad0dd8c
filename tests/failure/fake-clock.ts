import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface FakeClock {
  /** The environment of the processes that use this clock. */
  environment: Record<string, string>;
  /** Sets how far their time is from the real clock from now on. */
  set(seconds: number): void;
  remove(): void;
}

/** Returns a clock that a test sets for other processes; undefined where libfaketime is not installed. Their monotonic clock and timers stay real. */
export function fakeClock(): FakeClock | undefined {
  const library = findLibrary();
  if (library === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "novacron-clock-"));
  chmodSync(folder, 0o755);
  const file = join(folder, "offset");
  const set = (seconds: number) => writeFileSync(file, `${seconds < 0 ? "-" : "+"}${Math.abs(seconds)}`);
  set(0);
  return {
    environment: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      NO_FAKE_STAT: "1",
    },
    set,
    remove: () => rmSync(folder, { recursive: true }),
  };
}

function findLibrary(): string | undefined {
  const roots = ["/usr/lib", "/usr/lib64", "/usr/local/lib"].filter((root) => existsSync(root));
  // Debian has a folder for each architecture.
  const folders = roots.flatMap((root) => [root, ...readdirSync(root).map((name) => join(root, name))]);
  return folders.map((folder) => join(folder, "faketime/libfaketimeMT.so.1")).find((path) => existsSync(path));
}

export const needsFaketime = "setting the clock of a process needs libfaketime";
