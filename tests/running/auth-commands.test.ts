import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { domains } from "#db/columns.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { callerKeysFor } from "#tests/harness/call-keys.ts";
import { makeUser, testPepper } from "#tests/harness/credentials.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { novacron, novacronHere } from "./command.ts";

const dataDir = temporaryDataDir("novacron-commands-");
const { tenantId } = fleetOf(1);
let product: TestProduct;
beforeAll(async () => {
  product = await bootProduct({ authenticates: true });
  await insertFleet(product.urls, 1, 1);
});
afterAll(async () => {
  rmSync(dataDir, { recursive: true, force: true });
  await product.stop();
});

const environment = (more: Record<string, string>) => ({
  NOVACRON_DATA_DIR: dataDir,
  ...Object.fromEntries(domains.map((domain) => [`DATABASE_URL_${domain.toUpperCase()}`, product.urls.url(domain)])),
  ...more,
});
/** The first answer and the first refusal come from a process of its own; the others run in this one. */
const ran = new Set<string>();
const run = (
  args: readonly string[],
  env: Record<string, string> = { NOVACRON_PEPPER: testPepper },
  kind = "answer",
) => {
  const isFirst = !ran.has(kind);
  ran.add(kind);
  return (isFirst ? novacron : novacronHere)(args, environment(env));
};
/** Runs a command with `--json`, and returns what it prints. */
const answer = async <Printed>(...args: string[]): Promise<Printed> => {
  const { code, stdout, stderr } = await run([...args, "--json"]);
  expect([code, stderr], args.join(" ")).toEqual([0, ""]);
  return JSON.parse(stdout) as Printed;
};
const refusals = async (...refused: (readonly [readonly string[], string])[]) =>
  Promise.all(
    refused.map(async ([args, code]) => {
      const ended = await run(args, undefined, "refusal");
      expect([ended.code, ended.stdout], args.join(" ")).toEqual([1, ""]);
      expect(ended.stderr).toMatch(new RegExp(`^${code}: \\S`, "m"));
    }),
  );

const signIn = async (login: string, password: string) =>
  (
    await product.ask(
      "mutation ($input: SignInInput!) { signIn(input: $input) { token session { user { tenant { id } } } } }",
      { input: { login, password } },
    )
  ).data.signIn;
const permissionsBy = async (token: string): Promise<unknown> =>
  (await product.ask("{ me { permissions { permission because } } }", {}, token)).data?.me.permissions;
const statusBy = async (token: string) => (await product.ask("{ tenants { nodes { id } } }", {}, token)).status;
const doneBy = (command: string) =>
  asOwner(product.urls.url("auth"), async (sql) => {
    const recorded =
      await sql`select distinct action from auth_audit_log where actor_name = ${command} and user_id is null order by action`;
    const [events] = await sql`select count(*)::int as count from outbox_events where actor = ${command}`;
    return { actions: recorded.map(({ action }) => action as string), events: events?.["count"] as number };
  });

describe("novacron user", () => {
  test("creates a user who can sign in, ends their sessions, and lets them set a new password", async () => {
    const of = ["--email", "ada@example.org", "--tenant", "tenant 1", "--role", "admin"];
    const { password } = await answer<{ password: string }>("user", "create", "ada", ...of);
    const session = await signIn("ada", password);
    expect(session.session.user.tenant.id).toBe(tenantId);
    expect(await answer("user", "end-sessions", "ada")).toEqual({ ended: 1 });
    expect(await statusBy(session.token as string)).toBe(401);
    const { code } = await answer<{ code: string }>("user", "reset-password", "ada", "--tenant", "tenant 1");
    const newPassword = "another long sentence";
    const { data } = await product.ask(
      "mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { userErrors { code } } }",
      { input: { login: "ada", code, newPassword } },
    );
    expect(data.resetPassword.userErrors).toEqual([]);
    expect((await signIn("ada", newPassword)).token).toMatch(/^nvs_/);
  });

  test("reports why it fails, with a code", () =>
    refusals(
      [["user", "create", "x y", "--email", "x@example.org"], "NAME_INVALID"],
      [["user", "create", "grace", "--email", "grace@example.org", "--tenant", "none"], "TENANT_UNKNOWN"],
      [["user", "disable", "nobody"], "NOT_FOUND"],
      [["user", "reset-password", "ada", "--tenant", "platform"], "NOT_FOUND"],
      [["user", "reset-password", "ada", "--tenant", "none"], "TENANT_UNKNOWN"],
    ));
});

describe("novacron", () => {
  test.each([
    [["key", "create"], "missing: <login>, --name <name>, --scopes <list>"],
    [["key", "crate"], "unknown command 'crate'"],
    [["user", "list", "--tenants"], "unknown option '--tenants'"],
    [
      ["user", "create", "ada", "--email", "a@example.org", "--role", "king"],
      "option '--role <role>' argument 'king' is invalid",
    ],
  ])("ends %j, which is a usage error, with USAGE", async (args, message) => {
    const { code, stdout, stderr } = await novacronHere(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr.startsWith(`USAGE: ${message}`), stderr).toBe(true);
  });

  test("marks the required options of a command", async () => {
    const { stdout } = await novacronHere(["key", "create", "--help"]);
    expect(stdout.replaceAll(/\s+/g, " ")).toMatch(/--name <name> [^-]*\(required\) --scopes <list> [^-]*\(required\)/);
  });

  test("reports an unknown subgraph before missing keys", async () => {
    const keysFor = (name: string) => novacronHere(["keys", "for", name], { NOVACRON_SIGNING_KEYS: undefined });
    expect((await keysFor("vmx")).stderr).toMatch(/^SUBGRAPH_UNKNOWN: There is no subgraph vmx/);
    expect((await keysFor("vms")).stderr).toMatch(/^CONFIGURATION_INVALID: [^]*NOVACRON_SIGNING_KEYS: is not set/);
  });

  test("prints the keys of each issuer for the subgraphs that it calls, and for no other", async () => {
    const keys = `1:${"k".repeat(32)}`;
    const keysFor = (...args: string[]) => novacronHere(["keys", "for", ...args], { NOVACRON_SIGNING_KEYS: keys });
    for (const [issuer, subgraph] of [
      ["gateway", "vms"],
      ["jobs", "vms"],
      ["vms", "auth"],
    ] as const)
      expect((await keysFor(subgraph, "--issuer", issuer)).stdout.trim()).toBe(callerKeysFor(subgraph, keys, issuer));
    const { code, stdout, stderr } = await keysFor("auth", "--issuer", "jobs");
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: "",
      stderr: "ISSUER_NOT_ALLOWED: jobs does not call auth; it calls vms, scheduler.\n",
    });
  });
});

describe("novacron tenant", () => {
  test("creates, limits, renames, disables, enables and lists tenants", async () => {
    const made = await answer<{ id: string }>("tenant", "create", "acme", "--max-vms", "3");
    expect(made).toMatchObject({ name: "acme", enabled: true, maxVms: 3, maxMemoryMib: null, maxMonthlySpend: null });
    const quota = [
      "--max-vms",
      "none",
      "--max-memory-bytes",
      String(2 ** 30),
      "--max-monthly-spend",
      "12.5",
      "--currency",
      "EUR",
    ];
    const limited = await answer("tenant", "quota", "acme", ...quota);
    expect(limited).toMatchObject({
      maxVms: null,
      maxMemoryMib: 1_024,
      maxMonthlySpend: "12.500000000",
      currency: "EUR",
    });
    const user = await makeUser(product.databases.auth, { tenantId: made.id });
    const { token } = await signIn(user.email, user.password);
    await answer("tenant", "rename", "acme", "acme-2");
    expect(await answer("tenant", "disable", "acme-2")).toMatchObject({ id: made.id, enabled: false });
    expect(await statusBy(token as string)).toBe(401);
    expect(await answer("tenant", "enable", "acme-2")).toMatchObject({ enabled: true });
    expect(await statusBy(token as string)).toBe(200);
    const listed = await run(["tenant", "list"]);
    expect(listed.stdout.split("\n").map((line) => line.split("\t")[0])).toEqual(
      expect.arrayContaining(["platform", "tenant 1", "acme-2"]),
    );
    const { actions, events } = await doneBy("command:tenant");
    expect(actions).toEqual(
      ["create", "disable", "enable", "list", "set_quota", "update"].map((what) => `tenant.${what}`),
    );
    expect(events).toBeGreaterThan(actions.length);
  });

  test("reports why it fails, with a code", () =>
    refusals(
      [["tenant", "create", "platform"], "NAME_TAKEN"],
      [["tenant", "create", "good", "--max-vms", "many"], "QUOTA_INVALID"],
      [["tenant", "create", "good", "--max-vms", "2147483648"], "QUOTA_INVALID"],
      [["tenant", "disable", "platform"], "TENANT_BUILT_IN"],
      [["tenant", "rename", "none", "good"], "TENANT_UNKNOWN"],
    ));
});

describe("novacron role", () => {
  test("creates, changes, grants, revokes, deletes and lists roles", async () => {
    const user = await makeUser(product.databases.auth, { tenantId, role: "viewer" });
    const { token } = await signIn(user.email, user.password);
    const ours = ["--tenant", "tenant 1"];
    await answer("role", "create", "auditor", "--permissions", "audit:read, session:read", ...ours);
    await answer("role", "grant", user.username, "auditor");
    const held = { permission: "session:read", because: ["auditor"] };
    expect(await permissionsBy(token as string)).toContainEqual(held);
    const changed = await answer("role", "update", "auditor", "--permissions", "audit:*", ...ours);
    expect(changed).toMatchObject({ name: "auditor", permissions: ["audit:*"] });
    expect(await permissionsBy(token as string)).not.toContainEqual(held);
    const names = (roles: { name: string }[]) => roles.map(({ name }) => name);
    expect(names(await answer("role", "list", ...ours))).toEqual(expect.arrayContaining(["admin", "auditor"]));
    await answer("role", "revoke", user.username, "auditor");
    expect(await permissionsBy(token as string)).not.toContainEqual({ permission: "audit:*", because: ["auditor"] });
    await answer("role", "delete", "auditor", ...ours);
    expect(names(await answer("role", "list", ...ours))).not.toContain("auditor");
    const { actions } = await doneBy("command:role");
    expect(actions).toEqual(["create", "delete", "grant", "revoke", "update"].map((what) => `role.${what}`));
  });

  test("reports why it fails, with a code", () =>
    refusals(
      [["role", "update", "viewer", "--permissions", "*"], "ROLE_BUILT_IN"],
      [["role", "delete", "none"], "ROLE_UNKNOWN"],
      [["role", "grant", "nobody", "viewer"], "NOT_FOUND"],
    ));
});

describe("novacron key", () => {
  test("creates a key that is printed once, rotates it, revokes it, and lists keys", async () => {
    const user = await makeUser(product.databases.auth, { tenantId: platformTenantId, role: "operator" });
    const of = ["--name", "ci", "--scopes", "tenant:read,vm:read", "--acts-in", "tenant 1"];
    const made = await answer<{ id: string; key: string }>("key", "create", user.username, ...of);
    expect(await statusBy(made.key)).toBe(200);
    const { data } = await product.ask("{ tenants { nodes { id } } }", {}, made.key);
    expect(data.tenants.nodes).toEqual([{ id: tenantId }]);
    const rotated = await answer<{ id: string; key: string }>("key", "rotate", made.id, "--overlap", "PT0S");
    expect([await statusBy(made.key), await statusBy(rotated.key)]).toEqual([401, 200]);
    const listed = await run(["key", "list"]);
    expect(listed.stdout).toContain(`${rotated.id}\tci\t${user.id}\ttenant:read,vm:read`);
    expect(listed.stdout).not.toContain("nvk_");
    await answer("key", "revoke", rotated.id);
    expect(await statusBy(rotated.key)).toBe(401);
    const { actions } = await doneBy("command:key");
    expect(actions).toEqual(["create", "revoke", "rotate"].map((what) => `api_key.${what}`));
  });

  test("reports why it fails, with a code", async () => {
    const { username } = await makeUser(product.databases.auth, { tenantId, role: "viewer" });
    const create = (...more: string[]) => ["key", "create", username, "--name", "ci", ...more];
    await refusals(
      [create("--scopes", "vm:create"), "SCOPE_EXCEEDS_RIGHTS"],
      [create("--scopes", "vm:read", "--expires", "someday"), "EXPIRY_INVALID"],
      [create("--scopes", "vm:read", "--rate-limit", "few"), "RATE_LIMIT_INVALID"],
      [create("--scopes", "vm:read", "--acts-in", "platform"), "TENANT_UNKNOWN"],
      [["key", "rotate", "0197a000-ffff-7000-8000-000000000000"], "NOT_FOUND"],
      [["key", "revoke", "x"], "NOT_FOUND"],
    );
    expect((await run(["key", "revoke", "x"])).stderr).toContain("--tenant <name>");
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
    const twice = [
      [username, inDays(30)],
      [(await makeUser(product.databases.auth, { tenantId, role: "viewer" })).username, inDays(60)],
    ] as const;
    await Promise.all(
      twice.map(([login, time]) =>
        answer("key", "create", login, "--name", "twice", "--scopes", "vm:read", "--expires", time),
      ),
    );
    const ambiguous = await run(["key", "revoke", "twice", "--tenant", "tenant 1"]);
    for (const [login, time] of twice)
      expect(ambiguous.stderr).toMatch(new RegExp(`^  \\S+ of ${login}, made \\S+Z, expires ${time}T`, "m"));
    const notATime = await run(create("--scopes", "vm:read", "--expires", "yesterday"));
    expect(notATime.stderr).toMatch(/^EXPIRY_INVALID: --expires: yesterday is not a time/m);
    const without = await run(create("--scopes", "vm:read"), {});
    expect([without.code, without.stdout]).toEqual([1, ""]);
    expect(without.stderr).toContain("PEPPER_UNKNOWN: ");
  });
});
