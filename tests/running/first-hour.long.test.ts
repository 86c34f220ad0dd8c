import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildSchema } from "graphql";
import { asset } from "#lib/assets.ts";
import { administratorKey } from "#tests/harness/credentials.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";
import { askGraph } from "#tests/harness/product.ts";
import { nodesCsv, traceCsv } from "./recorded-data.ts";
import { beginNovacron, novacron, type Started, startNovacron } from "./command.ts";

const dataDir = temporaryDataDir("novacron-first-hour-");
const folder = mkdtempSync(join(tmpdir(), "novacron-files-"));
const file = (name: string, content: string | Buffer): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
let server: Started;
const command = (...args: string[]) => novacron(args, { NOVACRON_DATA_DIR: dataDir, LOG_LEVEL: "info" });
const ask = (query: string, key = administratorKey(dataDir)) => askGraph(server.url, query, {}, key);
const printed = async <Value>(...args: string[]): Promise<Value> => {
  const { code, stdout, stderr } = await command(...args, "--json");
  expect([code, stderr], args.join(" ")).toEqual([0, ""]);
  return JSON.parse(stdout) as Value;
};

beforeAll(async () => {
  server = await startNovacron(["--data-dir", dataDir, "--no-demo"], { LOG_LEVEL: "info" });
});
afterAll(async () => {
  await server?.stop();
  for (const path of [dataDir, folder]) rmSync(path, { recursive: true, force: true });
});

describe("without a demo fleet", () => {
  it("case G29: imports write to the tenant that the key of admin.json sees, and report which it is", async () => {
    const { code, stdout, stderr } = await command("import", "openb", file("nodes.csv", nodesCsv));
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("tenant: default\n");
    expect((await command("import", "bitbrains", file("week.csv", traceCsv(4, 5)))).stdout).toContain("placed: 4\n");
    const { data } = await ask("{ vms { totalCount nodes { node { name } } } tenants { nodes { name } } }");
    expect(data.vms.totalCount).toBe(4);
    expect(data.vms.nodes[0].node.name).toMatch(/^n\d$/);
    expect(data.tenants.nodes).toEqual([{ name: "default" }]);
  });

  it("case G42: an import into a tenant that a user created works, and reports how to see it", async () => {
    const { id } = await printed<{ id: string }>("tenant", "create", "victim");
    const imported = await command("import", "bitbrains", file("victim.csv", traceCsv(2, 3)), "--tenant", "victim");
    expect([imported.code, imported.stdout]).toEqual([0, expect.stringContaining("tenant: victim\n")]);
    expect(imported.stderr).toContain("--acts-in victim");
    const of = ["--name", "look", "--scopes", "*", "--acts-in", id];
    const { key } = await printed<{ key: string }>("key", "create", "admin", ...of);
    expect((await ask("{ vms { totalCount } }", key)).data.vms.totalCount).toBe(2);
  });
});

describe("where a user types an id", () => {
  it("case G34: a name is accepted too, and a list has a header with its columns", async () => {
    const byId = await printed<{ id: string }[]>("user", "list", "--tenant", "default");
    const byName = await command("user", "list", "--tenant", "default");
    expect(byName.stdout.split("\n")[0]).toBe("USERNAME\tID\tEMAIL\tROLE\tDISABLED AT\tLAST LOGIN");
    expect(byName.stdout.split("\n")).toHaveLength(byId.length + 2);
    const [user] = byId;
    expect(await printed("user", "end-sessions", user?.id ?? "")).toEqual({ ended: expect.any(Number) });
    expect((await command("audit", "verify", "--tenant", "default")).stdout).toContain("of 1 tenants are right");
    const tail = ["events", "tail", "--after", "oldest", "--no-follow", "--limit", "1", "--type", "vm.created"];
    expect((await command(...tail, "--tenant", "victim")).stdout).toContain("vm.created");
  });

  it("case G34: an ambiguous name of a key is refused with the ids of all keys that have it", async () => {
    const make = () => printed<{ id: string }>("key", "create", "admin", "--name", "twice", "--scopes", "vm:read");
    const ids = [(await make()).id, (await make()).id];
    const { code, stderr } = await command("key", "revoke", "twice");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^AMBIGUOUS: /);
    for (const id of ids) expect(stderr).toContain(id);
    expect((await command("key", "revoke", ids[0] ?? "")).code).toBe(0);
    expect((await command("key", "revoke", "twice")).code).toBe(0);
  });

  it("case G34: a VM can be watched by its name, and an unknown name is answered with those that exist", async () => {
    const watch = (name: string) => ["watch", "vm", name, "--url", server.url, "--json"];
    const { child, ended } = beginNovacron(watch("bitbrains-1"), { NOVACRON_DATA_DIR: dataDir });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    expect(JSON.parse(line.toString().split("\n")[0] ?? "")).toMatchObject({ now: { vm: { name: "bitbrains-1" } } });
    child.kill("SIGHUP");
    expect((await ended).code).toBe(0);
    const missing = await command(...watch("bitbrains"));
    expect(missing.stderr).toMatch(/^NOT_FOUND: There is no VM bitbrains\. There are bitbrains-1, /);
  });
});

describe("a command", () => {
  it("case G35: logs nothing about a server that runs at the same time, and the server nothing about it", async () => {
    for (const args of [["tenant", "list"], ["events", "lag"], ["projections", "check"], ["schedules"]])
      expect((await command(...args)).stderr, args.join(" ")).toBe("");
    expect(server.errors()).not.toMatch(/"level":[45]0|Took over|stays up/);
  });

  it.each([
    ["tenant", "create", "x"],
    ["user", "list"],
    ["import", "openb", "nodes.csv"],
    ["migrate"],
    ["jobs"],
    ["audit", "checkpoint"],
    ["keys", "rotate"],
    ["events", "lag"],
    ["projections", "rebuild"],
  ])("case G50: novacron %s %s makes no installation where there is none", async (...args) => {
    const elsewhere = join(folder, "elsewhere");
    const { code, stderr } = await novacron(args, { NOVACRON_DATA_DIR: elsewhere });
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`NO_INSTALLATION: There is no installation in ${elsewhere}. `),
    ]);
    expect(existsSync(elsewhere)).toBe(false);
  });

  it("case G34: reports an error once, with what helps", async () => {
    const outputOf = async (args: string[], env: Record<string, string> = {}) => {
      const { code, stderr } = await novacron(args, { NOVACRON_DATA_DIR: dataDir, ...env });
      expect(code, args.join(" ")).toBe(1);
      return stderr;
    };
    const inNoFolder = { NOVACRON_DATA_DIR: "/proc/x" };
    expect(await outputOf(["start"], inNoFolder)).toContain(
      "DATA_DIR_UNUSABLE: The data folder /proc/x cannot be made",
    );
    const empty = join(folder, "empty");
    const { port } = new URL(server.url);
    expect(await outputOf(["start", "--port", port], { NOVACRON_DATA_DIR: empty })).toBe(
      `PORT_TAKEN: port ${port} of 127.0.0.1 is in use; choose another with --port\n`,
    );
    expect(existsSync(empty)).toBe(false);
    const gateway = (path: string) => outputOf(["gateway", "--open", "--port", "0", "--supergraph", path]);
    expect(await gateway(asset("README.md"))).toMatch(/^SUPERGRAPH_INVALID: \S+README\.md is not a supergraph: /);
    expect(await gateway(file("half.graphql", "enum join__Graph {"))).toMatch(/^SUPERGRAPH_INVALID: \S+half\.graphql /);
    expect(await gateway(folder)).toBe(`FILE_UNREADABLE: ${folder} cannot be read: it is a folder.\n`);
    expect(await outputOf(["secrets", join(folder, "nodes.csv", "below")])).toMatch(/^ENOTDIR: not a directory/);
    expect(await outputOf(["tenant", "disable", "nope"])).toBe(
      "TENANT_UNKNOWN: There is no tenant nope. `novacron tenant list` lists them.\n",
    );
  });

  it("case G34: prints its version, and the schema that clients see", async () => {
    const { version } = JSON.parse(readFileSync(asset("package.json"), "utf8")) as { version: string };
    expect((await novacron(["--version"])).stdout).toBe(`${version}\n`);
    const { stdout } = await novacron(["schema"]);
    const fields = Object.keys(buildSchema(stdout).getQueryType()?.getFields() ?? {});
    expect(fields).toEqual(expect.arrayContaining(["vms", "topVms"]));
    expect(stdout).not.toContain("join__");
  });
});

describe("an installation whose files are missing", () => {
  it("case G30: does not start with other keys than its users have, and reports what to do", async () => {
    const { data } = await ask("{ me { id } }");
    expect(data.me).not.toBeNull();
    await server.stop();
    const keys = readFileSync(join(dataDir, "keys"));
    rmSync(join(dataDir, "keys"));
    const refused = await command("start", "--port", "0", "--no-demo");
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("KEYS_LOST: ")]);
    expect(refused.stderr).toContain("--new-keys");
    expect(existsSync(join(dataDir, "keys"))).toBe(false);
    writeFileSync(join(dataDir, "keys"), keys, { mode: 0o600 });
  });

  it("case G32: has no demo fleet in production, and reports that the development key is invalid there", async () => {
    server = await startNovacron(["--data-dir", dataDir], { NOVACRON_ENV: "production" });
    expect(server.errors()).toContain("was made for development and is not valid in production");
    const make = /NOVACRON_ENV=production novacron (.*)/.exec(server.errors())?.[1]?.replaceAll("'", "") ?? "";
    const made = await novacron(make.split(" "), { NOVACRON_ENV: "production" });
    const key = /^key: (\S+)$/m.exec(made.stdout)?.[1] ?? "";
    const { data } = await ask("{ vms { totalCount } tenants { nodes { name } } }", key);
    expect(data).toEqual({ vms: { totalCount: 4 }, tenants: { nodes: [{ name: "default" }] } });
  });
});

describe.each(["SIGTERM", "SIGKILL"] as const)("case G27: %s to npm alone", (signal) => {
  it("ends all processes that `npm start` started", async () => {
    await server.stop();
    const npm = spawn("npm", ["start", "--silent", "--", "--port", "0", "--no-demo"], {
      cwd: asset("."),
      env: { ...process.env, NOVACRON_DATA_DIR: dataDir },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for await (const chunk of npm.stdout) if (/novacron ready \S+/.test((output += String(chunk)))) break;
    const { pgdata } = JSON.parse(readFileSync(join(dataDir, "postgres.json"), "utf8")) as { pgdata: string };
    const running = join(dataDir, pgdata, "postmaster.pid");
    expect(existsSync(running)).toBe(true);
    npm.kill(signal);
    await expect.poll(() => existsSync(running), { timeout: 20_000, interval: 50 }).toBe(false);
  });
});
