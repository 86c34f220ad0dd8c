import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { asset } from "#lib/assets.ts";
import { readAdministrator } from "#runtime/administrator-file.ts";
import { administratorKey } from "#tests/harness/credentials.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";
import { askGraph } from "#tests/harness/product.ts";
import { nodesCsv, traceCsv } from "./recorded-data.ts";
import { type Ended, novacron, novacronHere, type Started, startNovacron } from "./command.ts";

const dataDir = temporaryDataDir("novacron-first-hour-");
const folder = mkdtempSync(join(tmpdir(), "novacron-files-"));
const none = join(folder, "none");
const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const command = (args: readonly string[], given = dataDir) =>
  novacron(args, { NOVACRON_DATA_DIR: given, LOG_LEVEL: "info" });
const ask = (query: string, variables = {}) => askGraph(server.url, query, variables, administratorKey(dataDir));

let server: Started;
let nodes: Ended;
let vms: Ended;
let victim: Ended;
let refused: Record<"tenant" | "migrate" | "port" | "supergraph", Ended>;
/** Runs the first commands of the README on an installation without a demo fleet, with one start for all tests. */
beforeAll(async () => {
  server = await startNovacron(["--data-dir", dataDir, "--no-demo"], { LOG_LEVEL: "info" });
  nodes = await command(["import", "openb", file("nodes.csv", nodesCsv)]);
  [vms] = await Promise.all([
    command(["import", "bitbrains", file("week.csv", traceCsv(4, 5))]),
    command(["tenant", "create", "victim"]),
  ]);
  const [into, tenant, migrate, port, supergraph] = await Promise.all([
    command(["import", "bitbrains", file("victim.csv", traceCsv(2, 3)), "--tenant", "victim"]),
    command(["tenant", "create", "x"], none),
    command(["migrate"], none),
    command(["start", "--port", new URL(server.url).port], none),
    command(["gateway", "--open", "--port", "0", "--supergraph", asset("README.md")]),
  ]);
  victim = into;
  refused = { tenant, migrate, port, supergraph };
});
afterAll(async () => {
  await server?.stop();
  for (const path of [dataDir, folder]) rmSync(path, { recursive: true, force: true });
});

it("case G29: imports write to the tenant that the key of admin.json sees, and report which it is", async () => {
  expect(nodes).toMatchObject({ code: 0, stdout: expect.stringContaining("tenant: default\n") });
  expect(vms.stdout).toContain("placed: 4\n");
  const { data } = await ask("{ vms { totalCount nodes { node { name } } } tenants { nodes { name } } }");
  expect(data.vms.totalCount).toBe(4);
  expect(data.vms.nodes[0].node.name).toMatch(/^n\d$/);
  expect(data.tenants.nodes).toEqual([{ name: "default" }]);
});

it("case G29: a sign-in to the platform returns the tenants in which the user may act", async () => {
  const { email: login, password } = readAdministrator(join(dataDir, "admin.json"));
  const signIn = `mutation ($input: SignInInput!) { signIn(input: $input) { token tenants { id name } userErrors { code } } }`;
  const tried = async (input: object) => (await ask(signIn, { input: { login, password, ...input } })).data.signIn;
  const { tenants } = (await tried({})) as { tenants: { id: string; name: string }[] };
  expect(tenants.map(({ name }) => name)).toEqual(["default", "platform", "victim"]);
  const { token } = await tried({ tenantId: tenants[0]?.id });
  const { data } = await askGraph(server.url, "{ vms { totalCount } }", {}, token as string);
  expect(data.vms.totalCount).toBe(4);
});

it("case G42: an import into a tenant that a user created works, and reports how to see it", () => {
  expect([victim.code, victim.stdout]).toEqual([0, expect.stringContaining("tenant: victim\n")]);
  expect(victim.stderr).toContain("--acts-in victim");
});

it("`novacron vm` acts in the tenant of the key, or in another one that the administrator may act in", async () => {
  const { email: login, password } = readAdministrator(join(dataDir, "admin.json"));
  const signIn = "mutation ($input: SignInInput!) { signIn(input: $input) { token } }";
  const { token } = (await ask(signIn, { input: { login, password } })).data.signIn as { token: string };
  const sessions = async () => {
    const { data } = await askGraph(server.url, "{ userSessions(first: 100) { nodes { id expiresAt } } }", {}, token);
    const found = data.userSessions.nodes as { id: string; expiresAt: string }[];
    return found.filter(({ expiresAt }) => new Date(expiresAt) > new Date()).map(({ id }) => id);
  };
  const before = await sessions();
  const list = async (...args: string[]) =>
    novacronHere(["vm", "list", "--url", server.url, "--data-dir", dataDir, "--json", ...args], {
      NOVACRON_API_KEY: undefined,
    });
  const sizes = [await list(), await list("--tenant", "default"), await list("--tenant", "victim")];
  expect(sizes.map(({ stdout }) => (JSON.parse(stdout) as unknown[]).length)).toEqual([4, 4, 2]);
  expect(await list("--tenant", "nobody")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^TENANT_UNKNOWN: /),
  });
  const key = ["--api-key", administratorKey(dataDir)];
  expect((await list("--tenant", "default", ...key)).code).toBe(0);
  expect(await list("--tenant", "victim", ...key)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^TENANT_MISMATCH: .+ --acts-in victim/),
  });
  expect(await sessions()).toEqual(before);
});

it("case G33: imported VMs have no generated data, and their states are not simulated", async () => {
  const about = `{ migrations { totalCount } alerts { totalCount } alertRules { totalCount }
    vms(first: 1) { nodes { transitions { totalCount } snapshots { totalCount } } } }`;
  const { data, errors } = await ask(about);
  expect(errors).toEqual([]);
  const nothing = { totalCount: 0 };
  expect(data).toEqual({
    migrations: nothing,
    alerts: nothing,
    alertRules: nothing,
    vms: { nodes: [{ transitions: nothing, snapshots: nothing }] },
  });
});

it("case G34: VMs are found by name and size, nodes by name, and the busiest VMs by their newest samples", async () => {
  const { data, errors } = await ask(`{
    named: vms(filter: { name: ["bitbrains-2"] }) { nodes { name } }
    small: vms(filter: { cpuMillicores: { max: 4000 }, memoryBytes: { min: "1", max: 9223372036854775807 } }) { totalCount }
    large: vms(filter: { cpuMillicores: { min: 4001 } }) { totalCount }
    top: topVms(by: CPU_USAGE_PERCENT, first: 2) { cpuUsagePercent vm { name } }
    fresh: topVms(by: CPU_USAGE_PERCENT, maxAge: "PT0S") { time } }`);
  expect(errors).toEqual([]);
  expect(data.named.nodes).toEqual([{ name: "bitbrains-2" }]);
  expect([data.small.totalCount, data.large.totalCount]).toEqual([4, 0]);
  expect(data.top).toEqual([
    { cpuUsagePercent: 14, vm: { name: "bitbrains-4" } },
    { cpuUsagePercent: 13, vm: { name: "bitbrains-3" } },
  ]);
  expect(data.fresh).toEqual([]);
});

it("case G34: a mistake in an enum value is answered with the right value", async () => {
  const written = await ask("{ vms(filter: { state: [running] }) { totalCount } }");
  expect(written.errors[0]?.message).toBe(
    'The value does not exist in "VmState" enum. Did you mean the enum value "RUNNING"?',
  );
  const query = "query ($state: [VmState!]) { vms(filter: { state: $state }) { totalCount } }";
  const sent = await ask(query, { state: ["Runing"] });
  expect(sent.errors[0]?.message).toContain('"RUNNING"');
});

it("case G35: a command logs nothing about a server that runs at the same time, and the server nothing about it", () => {
  for (const { stderr } of [nodes, vms]) expect(stderr).toBe("");
  expect(server.errors()).not.toMatch(/"level":[45]0|Took over|stays up/);
});

it("case G50: a command makes no installation where there is none", () => {
  for (const { code, stderr } of [refused.tenant, refused.migrate])
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`NO_INSTALLATION: There is no installation in ${none}. `),
    ]);
  expect(existsSync(none)).toBe(false);
});

it("case G34: errors are reported before anything is made, and name what helps", () => {
  const { port } = new URL(server.url);
  const taken = `PORT_TAKEN: port ${port} of 127.0.0.1 is in use; choose another with --port\n`;
  expect(refused.port).toMatchObject({ code: 1, stderr: taken });
  expect(refused.supergraph.stderr).toMatch(/^SUPERGRAPH_INVALID: \S+README\.md is not a supergraph: /);
});

it("case G36: the command is executable in a clone", () => {
  expect(statSync(asset("cli/bin.js")).mode & 0o111).toBe(0o111);
});
