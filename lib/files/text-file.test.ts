import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { makeFolder } from "./make-folder.ts";
import { readSecret } from "../trust/secrets.ts";
import { loadTextFile, readJsonFile, readTextFile } from "./text-file.ts";

const folder = mkdtempSync(join(tmpdir(), "novacron-text-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | Buffer): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

describe("a file that a user names", () => {
  it("is read unchanged", async () => {
    const path = file("text", "\ufefföne\r\n");
    expect(readTextFile(path)).toBe("\ufefföne\r\n");
    expect(await loadTextFile(path)).toBe("\ufefföne\r\n");
  });

  it.each([
    ["/dev/zero", "FILE_TOO_LARGE", "/dev/zero holds more than 1 MiB"],
    [folder, "FILE_UNREADABLE", `${folder} cannot be read: it is a folder.`],
    [join(folder, "none"), "FILE_UNREADABLE", "cannot be read: there is no such file."],
    [file("bytes", Buffer.from([0x80])), "FILE_INVALID", "does not hold UTF-8 text."],
  ])("case G49: %s is refused (%s)", async (path, code, message) => {
    const error = expect.objectContaining({ code, message: expect.stringContaining(message) });
    expect(() => readTextFile(path, 2 ** 20)).toThrow(error);
    await expect(loadTextFile(path, 2 ** 20)).rejects.toEqual(error);
  });

  it("case G49: as a secret it is refused without its path, and as JSON without its content", () => {
    const env = { NOVACRON_PEPPER_FILE: "/dev/zero" };
    expect(() => readSecret("NOVACRON_PEPPER", env)).toThrow(
      "names no file that this program can read (FILE_TOO_LARGE)",
    );
    const path = file("admin.json", '{"password":"canary"');
    const read = () => readJsonFile(path, "an administrator", (value) => value);
    expect(read).toThrow(`${path} does not hold an administrator.`);
    expect(read).not.toThrow("canary");
  });
});

it("case G34: a folder where none can be created is refused immediately", () => {
  expect(() => makeFolder("/proc/x")).toThrow("ENOENT");
  expect(makeFolder(join(folder, "a/b"))).toBe(true);
  expect(makeFolder(join(folder, "a/b"))).toBe(false);
  expect(() => makeFolder(join(file("plain", ""), "below"))).toThrow("ENOTDIR");
});
