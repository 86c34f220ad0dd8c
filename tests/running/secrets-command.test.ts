import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { domains } from "#db/columns.ts";
import { parseKeyring } from "#lib/keyring.ts";
import { novacron } from "./command.ts";

const names = ["signing-keys", "encryption-keys", "pepper", ...domains.map((domain) => `${domain}-db-password`)];
const above = mkdtempSync(join(tmpdir(), "novacron-secrets-"));
const folder = join(above, "secrets");
afterAll(() => rmSync(above, { recursive: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;
const contents = () =>
  Object.fromEntries(
    readdirSync(folder).map((name) => {
      const path = join(folder, name);
      return [name, { text: readFileSync(path, "utf8"), mode: modeOf(path), changed: statSync(path).mtimeMs }];
    }),
  );

describe("novacron secrets", () => {
  let first: Awaited<ReturnType<typeof novacron>>;
  beforeAll(async () => {
    first = await novacron(["secrets", folder]);
  });

  it("makes every secret of an installation, for its owner's eyes only", () => {
    expect(first).toMatchObject({ code: 0, stdout: `made: ${names.join(", ")}\nkept as they were: none\n` });
    expect(modeOf(folder)).toBe(0o700);
    const files = contents();
    expect(Object.keys(files).toSorted()).toEqual(names.toSorted());
    for (const { mode } of Object.values(files)) expect(mode).toBe(0o600);
  });

  it("makes keys that processes take, and no secret twice", () => {
    const texts = Object.values(contents()).map(({ text }) => text.trim());
    expect(new Set(texts).size).toBe(names.length);
    for (const text of texts) expect(text.length).toBeGreaterThanOrEqual(32);
    for (const name of ["signing-keys", "encryption-keys"])
      expect(parseKeyring(contents()[name]?.text.trim() ?? "")).toBeDefined();
  });

  it("changes nothing that is there, and says so", async () => {
    const before = contents();
    const { code, stdout } = await novacron(["secrets", folder]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `made: none\nkept as they were: ${names.join(", ")}\n` });
    expect(contents()).toEqual(before);
  });

  it("completes a folder that was left half made, with empty files for half made ones", async () => {
    const { pepper: _pepper, "vms-db-password": _password, ...before } = contents();
    rmSync(join(folder, "pepper"));
    truncateSync(join(folder, "vms-db-password"));
    const { code, stdout } = await novacron(["secrets", folder, "--json"]);
    const made = ["pepper", "vms-db-password"];
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ made, kept: names.filter((name) => !made.includes(name)) });
    const after = contents();
    expect(after).toMatchObject(before);
    expect(Object.keys(after)).toHaveLength(names.length);
    for (const name of made)
      expect(after[name]).toMatchObject({ mode: 0o600, text: expect.stringMatching(/^\S{32,}\n$/) });
  });

  it("fails with the reason where it may not write", async () => {
    const { code, stdout, stderr } = await novacron(["secrets", join(folder, "pepper", "deeper")]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^ENOTDIR: /);
  });
});
