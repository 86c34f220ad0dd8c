import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { domains, serviceRole } from "#db/columns.ts";
import { lastHour, oneRequest, partsWithoutRows } from "#tests/harness/one-request.ts";
import { administratorKey } from "#tests/harness/credentials.ts";
import { askGraph } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { novacron, startNovacron } from "#tests/running/command.ts";
import { password, startSystemPostgres, type SystemPostgres } from "./system-postgres.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";

const bin = process.env["NOVACRON_POSTGRES_BIN"];
const missing = bin ? "" : " (skipped: NOVACRON_POSTGRES_BIN names no folder with initdb and postgres)";

// Each test goes on where the one before it ended: an administrator's way from an empty server to an answer.
describe.skipIf(!bin)(`NovaCron on a PostgreSQL of one's own${missing}`, () => {
  const owner = "fleet_owner";
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
      domains.map((domain) => [`DATABASE_URL_${domain.toUpperCase()}`, server.url(`fleet_${domain}`, owner)]),
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

  test("an owner who may not create roles is told to have an administrator do it", async () => {
    const ended = await run("migrate");
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("ROLES_MISSING");
  });

  test("a start does not change a schema that it was not told to change", async () => {
    const ended = await run("start", "--port", "0");
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("MIGRATIONS_PENDING");
  });

  test("the printed roles are all that the owner lacks to migrate, once", async () => {
    await administrator((await run("migrate", "--print-roles")).stdout);
    const first = await run("migrate", "--json");
    expect(first.stderr).toBe("");
    expect(first.code).toBe(0);
    const applied = JSON.parse(first.stdout) as Record<string, string[]>;
    for (const domain of domains) expect(applied[domain]).not.toEqual([]);
    const second = await run("migrate", "--json");
    expect(JSON.parse(second.stdout)).toEqual(Object.fromEntries(domains.map((domain) => [domain, []])));
  });

  test("the one request answers with every part of the demo fleet", async () => {
    const product = await startNovacron(["--data-dir", dataDir], env);
    const answer = await askGraph(product.url, oneRequest, lastHour(new Date(), 50), administratorKey(dataDir));
    expect(answer.errors).toEqual([]);
    expect(answer.data.vms.nodes).toHaveLength(50);
    expect(partsWithoutRows(answer.data.vms.nodes)).toEqual([]);
    expect((await product.stop()).code).toBe(0);
  });

  test("a service role that has become a superuser is refused", async () => {
    await administrator(`alter role ${serviceRole("scheduler")} superuser`);
    const ended = await run("start", "--port", "0");
    await administrator(`alter role ${serviceRole("scheduler")} nosuperuser`);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("RLS_BYPASSED");
  });
});
