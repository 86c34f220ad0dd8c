import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { urlVariable } from "#runtime/environment.ts";
import { domains, serviceRole } from "#db/columns.ts";
import { loginRole } from "#db/logins.ts";
import { afterResets, attacksThatPassed, connectError, loginAttacks, readable } from "#tests/security/login-attacks.ts";
import { lastHour, oneRequest, partsWithoutRows } from "#tests/harness/one-request.ts";
import { administratorKey } from "#tests/harness/credentials.ts";
import { askGraph } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { novacron, startNovacron } from "#tests/running/command.ts";
import { password, startSystemPostgres, type SystemPostgres } from "./system-postgres.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";

const bin = process.env["NOVACRON_POSTGRES_BIN"];
const missing = bin ? "" : " (skipped: NOVACRON_POSTGRES_BIN names no folder with initdb and postgres)";

// Each test continues where the one before it ended: an administrator's way from an empty server to an answer.
describe.skipIf(!bin)(`NovaCron on an external PostgreSQL${missing}`, () => {
  const owner = "fleet_owner";
  const services = ["service", "system"] as const;
  const dataDir = temporaryDataDir("novacron-own-postgres-");
  let server: SystemPostgres;
  let env: Record<string, string>;
  const administrator = (statements: string) =>
    asOwner(server.url("postgres"), async (sql) => [...(await sql.unsafe(statements).simple())]);
  const run = (...args: string[]) => novacron([...args, "--data-dir", dataDir], env);

  beforeAll(async () => {
    server = await startSystemPostgres(bin ?? "");
    await administrator(`create role ${owner} login nosuperuser nocreatedb nocreaterole password '${password}'`);
    for (const domain of domains) await administrator(`create database fleet_${domain} owner ${owner}`);
    env = Object.fromEntries(
      domains.flatMap((domain) => [
        [urlVariable(domain, "owner"), server.url(`fleet_${domain}`, owner)],
        ...services.map((login) => [
          urlVariable(domain, login),
          server.url(`fleet_${domain}`, loginRole(domain, login)),
        ]),
      ]),
    );
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test("runs on another major version than the embedded one, 15 or later", async () => {
    const [embedded] = await asOwner(
      process.env["NOVACRON_TEST_SERVER_URL"] ?? "",
      (sql) => sql<{ major: number }[]>`select current_setting('server_version_num')::int / 10000 as major`,
    );
    expect(server.majorVersion).toBeGreaterThanOrEqual(15);
    expect(server.majorVersion).not.toBe(embedded?.major);
  });

  test("an owner who may not create roles gets an error with ROLES_MISSING", async () => {
    const ended = await run("migrate");
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("ROLES_MISSING");
  });

  test("a start does not change a schema without being instructed to", async () => {
    const ended = await run("start", "--port", "0");
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("MIGRATIONS_PENDING");
  });

  test("with the printed roles, the owner has everything needed to migrate", async () => {
    const { stdout } = await run("migrate", "--print-roles");
    expect(stdout).not.toContain(password);
    await administrator(stdout);
    const first = await run("migrate", "--json");
    expect(first.stderr).toBe("");
    expect(first.code).toBe(0);
    const applied = JSON.parse(first.stdout) as Record<string, string[]>;
    for (const domain of domains) expect(applied[domain]).not.toEqual([]);
    const second = await run("migrate", "--json");
    expect(JSON.parse(second.stdout)).toEqual(Object.fromEntries(domains.map((domain) => [domain, []])));
  });

  test("the one request returns every part of the demo fleet", async () => {
    const product = await startNovacron(["--demo", "--data-dir", dataDir], { ...env, NOVACRON_ENV: "production" });
    const answer = await askGraph(product.url, oneRequest, lastHour(new Date(), 50), administratorKey(dataDir));
    expect(answer.errors).toEqual([]);
    expect(answer.data.vms.nodes).toHaveLength(50);
    expect(partsWithoutRows(answer.data.vms.nodes)).toEqual([]);
    expect((await product.stop()).code).toBe(0);
  });

  test.each(domains.flatMap((domain) => services.map((login) => [domain, login] as const)))(
    "case G43: the login of %s for its %s has the rights of its role only",
    async (domain, login) => {
      const role = loginRole(domain, login);
      const url = (other: string) => server.url(`fleet_${other}`, role);
      expect(new Set(await afterResets(url(domain)))).toEqual(new Set([`${role} of ${role}`]));
      // On a server that other programs share, every user may create large objects.
      const attacks = loginAttacks(role, "postgres", readable[domain]);
      const passed = await attacksThatPassed(
        url(domain),
        attacks.filter(({ statement }) => !/lo_create|lo_from_bytea|novacron_\w+_owner/.test(statement)),
      );
      expect(passed).toEqual([]);
      for (const other of domains.filter((each) => each !== domain))
        expect(await connectError(url(other))).toBe("42501");
    },
  );

  test("case G43: in production a start whose services log in as the owner is refused", async () => {
    const owners = Object.fromEntries(Object.entries(env).filter(([name]) => !/_(SERVICE|SYSTEM)$/.test(name)));
    const withoutOthers = Object.fromEntries(Object.keys(env).map((name) => [name, owners[name]]));
    const ended = await novacron(["start", "--port", "0", "--data-dir", dataDir], {
      ...withoutOthers,
      NOVACRON_ENV: "production",
    });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("LOGIN_NOT_CONFINED");
    expect(ended.stderr).not.toContain(password);
  });

  test("a service role that has become a superuser is refused", async () => {
    await administrator(`alter role ${serviceRole("scheduler")} superuser`);
    const ended = await run("start", "--port", "0");
    await administrator(`alter role ${serviceRole("scheduler")} nosuperuser`);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("RLS_BYPASSED");
  });
});
