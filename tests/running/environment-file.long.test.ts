import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { composeServices } from "@apollo/composition";
import { parse } from "graphql";
import { afterAll, describe, expect, it } from "vitest";
import { startChild } from "#tests/separate-processes/child.ts";
import { bundle } from "#tests/harness/bundles.ts";
import { beginNovacron, novacron } from "./command.ts";

const folder = mkdtempSync(join(tmpdir(), "novacron-env-file-"));
afterAll(() => rmSync(folder, { recursive: true }));
const folderWith = (name: string, text?: string): string => {
  const path = mkdtempSync(join(folder, "cwd-"));
  if (text === undefined) mkdirSync(join(path, name));
  else writeFileSync(join(path, name), text);
  return path;
};
/** The default for users; in the tests themselves no file is read. */
const asUsual = { NOVACRON_ENV_FILE: undefined };

describe("case G31: .env", () => {
  it("of the folder in which a command is started is read, from its bundle and from the checkout", async () => {
    const cwd = folderWith(".env", "# by hand\nDATABASE_URL_VMS='nonsense'\n");
    const ended = [novacron(["migrate"], asUsual, cwd), beginNovacron(["migrate"], asUsual, "checkout", cwd).ended];
    for (const { code, stderr } of await Promise.all(ended)) {
      expect(code).toBe(1);
      expect(stderr).toContain("DATABASE_URL_VMS: Invalid URL");
    }
  });

  it("does not override the environment", async () => {
    const cwd = folderWith(".env", "EVENT_RETENTION=P100D\nMETRICS_PORT=none\n");
    const { stderr } = await novacron(["migrate"], { ...asUsual, EVENT_RETENTION: "never" }, cwd);
    expect(stderr).toContain("EVENT_RETENTION: never");
    expect(stderr).toContain("METRICS_PORT");
  });

  it("is read before the log is opened", async () => {
    const cwd = folderWith(".env", "LOG_LEVEL=nonsense\n");
    const { code, stderr } = await novacron(["--help"], { ...asUsual, LOG_LEVEL: undefined }, cwd);
    expect([code === 0, stderr.includes("level:nonsense")]).toEqual([false, true]);
  });

  it("may be a folder of another program, and may be absent", async () => {
    expect(await novacron(["--help"], asUsual, folderWith(".env"))).toMatchObject({ code: 0, stderr: "" });
    expect(await novacron(["--help"], asUsual, folder)).toMatchObject({ code: 0, stderr: "" });
  });

  it("is the file that NOVACRON_ENV_FILE names, which must exist, and none when the variable is empty", async () => {
    const cwd = folderWith(".env", "DATABASE_URL_VMS=nonsense\n");
    writeFileSync(join(cwd, "other.env"), "METRICS_PORT=none\n");
    const other = await novacron(["migrate"], { NOVACRON_ENV_FILE: "other.env" }, cwd);
    expect(other.stderr).toContain("METRICS_PORT");
    expect(other.stderr).not.toContain("DATABASE_URL_VMS");
    expect(await novacron(["--help"], { NOVACRON_ENV_FILE: "" }, cwd)).toMatchObject({ code: 0 });
    const { code, stderr } = await novacron(["--help"], { NOVACRON_ENV_FILE: "absent.env" }, cwd);
    expect([code, stderr]).toEqual([1, expect.stringContaining("NOVACRON_ENV_FILE: cannot be read (ENOENT)")]);
  });

  it("lets pages of the origins that it names use a gateway in production, and no page of this machine", async () => {
    const typeDefs = parse("type Query { hello: String }");
    const { supergraphSdl = "" } = composeServices([{ name: "one", typeDefs, url: "http://127.0.0.1:1" }]);
    const cwd = folderWith("gateway.env", "NOVACRON_ENV=production\nALLOWED_ORIGINS=https://console.example\n");
    const supergraph = join(cwd, "supergraph.graphql");
    writeFileSync(supergraph, supergraphSdl);
    const environment = { LOG_LEVEL: "silent", NOVACRON_ENV_FILE: "gateway.env" };
    const args = ["gateway", "--supergraph", supergraph, "--open", "--port", "0"];
    const gateway = await startChild(bundle("cli/run.ts"), environment, args, cwd);
    try {
      const statusFor = async (origin: string) =>
        (await fetch(`${gateway.url}?query={__typename}`, { headers: { origin } })).status;
      expect(await statusFor("https://console.example")).toBe(200);
      expect(await statusFor("http://localhost:5173")).toBe(403);
    } finally {
      await gateway.end("SIGTERM");
    }
  });

  it("is read by a subgraph in a separate process", async () => {
    const cwd = folderWith("vms.env", "NOVACRON_CALLER_KEYS=too-short\nDATABASE_URL_VMS=postgres://127.0.0.1:1/vms\n");
    const started = startChild(bundle("subgraphs/vms/main.ts"), { NOVACRON_ENV_FILE: "vms.env" }, [], cwd);
    await expect(started).rejects.toThrow("NOVACRON_CALLER_KEYS: must be keys");
  });
});
