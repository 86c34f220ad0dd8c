import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { domains } from "#db/columns.ts";
import { callerKeys, parseCallerKeys } from "#lib/trust/call-keys.ts";
import { type Keyring, parseKeyring } from "#lib/trust/keyring.ts";
import { novacron } from "./command.ts";

const keyrings = ["gateway-keys", "jobs-keys", "vms-keys", "encryption-keys"];
const passwords = domains.flatMap((domain) =>
  ["db", "owner", "service", "system"].map((user) => `${domain}-${user}-password`),
);
/** Files that are derived from others. */
const derived = ["redis-users", ...domains.map((domain) => `${domain}-caller-keys`)];
const names = [...keyrings, "pepper", "redis-password", "hypervisor-token", ...passwords, ...derived];
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

  it("makes every secret of an installation, readable only by its owner", () => {
    expect(first).toMatchObject({ code: 0, stdout: `made: ${names.join(", ")}\nkept as they were: none\n` });
    expect(modeOf(folder)).toBe(0o700);
    const files = contents();
    expect(Object.keys(files).toSorted()).toEqual(names.toSorted());
    for (const { mode } of Object.values(files)) expect(mode).toBe(0o600);
  });

  it("makes keys that processes accept, and no two equal secrets", () => {
    const texts = Object.values(contents()).map(({ text }) => text.trim());
    expect(new Set(texts).size).toBe(names.length);
    for (const text of texts) expect(text.length).toBeGreaterThanOrEqual(32);
    for (const name of keyrings) expect(parseKeyring(contents()[name]?.text.trim() ?? "")).toBeDefined();
  });

  it("changes no existing file, and reports that", async () => {
    const before = contents();
    const { code, stdout } = await novacron(["secrets", folder]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `made: none\nkept as they were: ${names.join(", ")}\n` });
    expect(contents()).toEqual(before);
  });

  it("completes a folder that was left half made, where half-made files are empty", async () => {
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

  it("case G48: gives each subgraph the keys to verify its callers, and none that another subgraph accepts", () => {
    const files = contents();
    const keysOf = (issuer: string, domain: string) =>
      callerKeys(issuer, parseKeyring(files[`${issuer}-keys`]?.text.trim() ?? "") as Keyring, domain);
    for (const domain of domains)
      expect(parseCallerKeys(files[`${domain}-caller-keys`]?.text.trim() ?? ""), domain).toEqual([
        ...keysOf("gateway", domain),
        ...(domain === "vms" || domain === "scheduler" ? keysOf("jobs", domain) : []),
        ...(domain === "vms" ? [] : keysOf("vms", domain)),
      ]);
  });

  it("case G48: updates the caller keys for a new key of the gateways, and changes nothing else", async () => {
    const before = contents();
    const added = `next:${"n".repeat(43)}`;
    writeFileSync(join(folder, "gateway-keys"), `${before["gateway-keys"]?.text.trim()},${added}\n`);
    const { stdout } = await novacron(["secrets", folder, "--json"]);
    const made = domains.map((domain) => `${domain}-caller-keys`);
    expect(JSON.parse(stdout)).toEqual({ made, kept: names.filter((name) => !made.includes(name)) });
    const ids = parseCallerKeys(contents()["vms-caller-keys"]?.text.trim() ?? "")?.map(({ id }) => id);
    expect(ids?.[1]).toBe("next");
  });

  it("case G48: leaves the one key of an older installation to the jobs, for its checkpoints, and signs no call with it", async () => {
    const older = join(above, "older");
    mkdirSync(older);
    const key = `1:${"o".repeat(43)}`;
    writeFileSync(join(older, "signing-keys"), `${key}\n`);
    expect((await novacron(["secrets", older])).code).toBe(0);
    expect(readFileSync(join(older, "jobs-keys"), "utf8").trim()).toBe(key);
    expect(readFileSync(join(older, "gateway-keys"), "utf8")).not.toContain("o".repeat(43));
  });

  it("fails with the reason where it may not write", async () => {
    const { code, stdout, stderr } = await novacron(["secrets", join(folder, "pepper", "deeper")]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^ENOTDIR: /);
  });
});
