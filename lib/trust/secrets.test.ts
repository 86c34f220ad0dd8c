import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readDatabaseUrl, readSecret } from "./secrets.ts";

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "novacron-secrets-"));
  file = join(folder, "secret");
  writeFileSync(file, "p%ss/w@rd\n");
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("a secret", () => {
  it("is the variable's value, or the content of the named file without its last line break", () => {
    expect(readSecret("PEPPER", {})).toBeUndefined();
    expect(readSecret("PEPPER", { PEPPER: "given" })).toBe("given");
    expect(readSecret("PEPPER", { PEPPER_FILE: file })).toBe("p%ss/w@rd");
  });

  it("must not be given twice", () => {
    expect(() => readSecret("PEPPER", { PEPPER: "hush", PEPPER_FILE: file })).toThrow(
      /PEPPER: given in addition to PEPPER_FILE(?!.*hush)/,
    );
  });

  it("whose file cannot be read is named, and the value of the variable is not shown", () => {
    expect(() => readSecret("PEPPER", { PEPPER_FILE: "/hush" })).toThrow(/PEPPER_FILE: names no file(?!.*hush)/);
  });
});

describe("the URL of a database", () => {
  const url = "postgres://owner@host/novacron_vms";

  it("gets the password from a file, whatever characters it has", () => {
    const read = readDatabaseUrl("vms", { DATABASE_URL_VMS: url, DATABASE_PASSWORD_VMS_FILE: file });
    expect(decodeURIComponent(new URL(read ?? "").password)).toBe("p%ss/w@rd");
    expect(readDatabaseUrl("vms", { DATABASE_URL_VMS: url })).toBe(url);
  });

  it("must not have two passwords", () => {
    const env = { DATABASE_URL_VMS: "postgres://owner:one@host/x", DATABASE_PASSWORD_VMS: "two" };
    expect(() => readDatabaseUrl("vms", env)).toThrow("DATABASE_PASSWORD_VMS: DATABASE_URL_VMS holds a password");
  });
});
