import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { domains } from "#db/columns.ts";
import { bundle } from "#tests/harness/bundles.ts";
import { callerKeysFor, callingSettings } from "#tests/harness/call-keys.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";
import { cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";
import { tcpProxy } from "#tests/harness/tcp-proxy.ts";
import { startChild } from "./child.ts";

const keys = "old:the old key of this test and of nothing else";
const folder = temporaryDataDir("novacron-starts-");
const none = join(folder, "none");
let databases: TestDatabases;
beforeAll(async () => {
  databases = await cloneDatabases(["vms"]);
});
afterAll(async () => {
  await databases?.drop();
  rmSync(folder, { recursive: true, force: true });
});

describe("a process", () => {
  it("does not start with invalid keys, and does not print them", async () => {
    const settings = { DATABASE_URL_VMS: databases.url("vms"), NOVACRON_CALLER_KEYS: "too short" };
    const started = startChild(bundle("subgraphs/vms/main.ts"), settings);
    await expect(started).rejects.toThrow("NOVACRON_CALLER_KEYS: must be keys");
    await expect(started).rejects.not.toThrow("too short");
  });

  it("ends with exit code 0 on SIGTERM also while it starts", async () => {
    const proxy = await tcpProxy(databases.url("vms"));
    const connecting = proxy.hold();
    const child = spawn(process.execPath, [bundle("subgraphs/vms/main.ts")], {
      env: { DATABASE_URL_VMS: proxy.url, NOVACRON_CALLER_KEYS: callerKeysFor("vms", keys), ...callingSettings("vms") },
      stdio: "ignore",
    });
    const exited = once(child, "exit");
    await connecting;
    child.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
    await proxy.cut();
  });

  it("reports which settings are missing, and does not start", async () => {
    await expect(startChild(bundle("subgraphs/scheduler/main.ts"), {})).rejects.toThrow(
      /DATABASE_URL_SCHEDULER_SERVICE: is not set(?!.*SYSTEM)[^]*NOVACRON_CALLER_KEYS: is not set/,
    );
    const service = {
      DATABASE_URL_VMS_SERVICE: databases.url("vms"),
      NOVACRON_CALLER_KEYS: callerKeysFor("vms", keys),
    };
    await expect(startChild(bundle("subgraphs/vms/main.ts"), service)).rejects.toThrow(
      "DATABASE_URL_VMS_SYSTEM: is not set",
    );
    const callee = { DATABASE_URL_VMS: databases.url("vms"), NOVACRON_CALLER_KEYS: callerKeysFor("vms", keys) };
    await expect(startChild(bundle("subgraphs/vms/main.ts"), callee)).rejects.toThrow(
      "NOVACRON_SIGNING_KEYS: is not set",
    );
    const caller = {
      ...callee,
      ...callingSettings("vms"),
      SUBGRAPH_URL_AUTH: "",
      SUBGRAPH_URL_MONITORING: "auth:4000",
    };
    await expect(startChild(bundle("subgraphs/vms/main.ts"), caller)).rejects.toThrow(
      /SUBGRAPH_URL_AUTH: is not set; vms calls the auth subgraph[^]*SUBGRAPH_URL_MONITORING: is not the URL of a subgraph/,
    );
    const jobs = {
      ...Object.fromEntries(domains.map((domain) => [`DATABASE_URL_${domain.toUpperCase()}`, databases.url("vms")])),
      NOVACRON_SIGNING_KEYS: keys,
    };
    await expect(startChild(bundle("cli/run.ts"), jobs, ["jobs"])).rejects.toThrow(
      "SUBGRAPH_URL_VMS: is not set; jobs calls the vms subgraph",
    );
  });

  it("names the database and the variable whose password is wrong", async () => {
    const wrong = new URL(databases.url("vms"));
    wrong.password = "wrong";
    const settings = {
      DATABASE_URL_VMS: wrong.href,
      NOVACRON_CALLER_KEYS: callerKeysFor("vms", keys),
      ...callingSettings("vms"),
    };
    await expect(startChild(bundle("subgraphs/vms/main.ts"), settings)).rejects.toThrow(
      "LOGIN_REFUSED: The vms database (DATABASE_URL_VMS) refuses the connection: password authentication failed",
    );
  });

  it.each([
    ["subgraphs/vms/main.ts", [], "CONFIGURATION_INVALID"],
    ["gateway/main.ts", [], "SUBGRAPH_URL_MISSING"],
    ["cli/run.ts", ["jobs", "--data-dir", none], "NO_INSTALLATION"],
  ] as const)(
    "of %s that cannot start reports why, in a message with a code and without a stack trace",
    async (entry, args, code) => {
      const { stdout, stderr, status } = spawnSync(process.execPath, [bundle(entry), ...args], {
        env: { NOVACRON_ENV_FILE: "" },
        encoding: "utf8",
      });
      expect({ stdout, status }).toEqual({ stdout: "", status: 1 });
      expect(stderr).toMatch(new RegExp(`^${code}: `));
      expect(stderr).not.toMatch(/^ +at |Node\.js v/m);
    },
  );
});
