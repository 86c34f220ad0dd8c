import { randomUUID } from "node:crypto";
import { readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { domains, serviceRole, systemRole } from "#db/columns.ts";
import { type ConnectionRecord, connectionUrl } from "#db/embedded/connection-record.ts";
import { administratorKey } from "#tests/harness/credentials.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";
import { askGraph } from "#tests/harness/product.ts";
import { adminUrl, asOwner, cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";
import { novacron, novacronHere, type Started, startNovacron } from "./command.ts";

describe("novacron start on an empty folder", () => {
  const dataDir = temporaryDataDir("novacron-start-");
  let running: Started | undefined;
  beforeAll(async () => {
    running = await startNovacron(["--data-dir", dataDir]);
  });
  afterAll(async () => {
    await running?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test("serves a demo fleet, and keeps its keys from other users", async () => {
    const counted = await askGraph(
      running?.url ?? "",
      "{ vms(first: 1) { totalCount } }",
      {},
      administratorKey(dataDir),
    );
    expect(counted.data.vms.totalCount).toBeGreaterThan(50);
    expect(statSync(join(dataDir, "keys")).mode & 0o777).toBe(0o600);
  });

  test("case G43: connects to its databases only as services and jobs, and never as a superuser", async () => {
    const { port, password } = JSON.parse(readFileSync(join(dataDir, "postgres.json"), "utf8")) as ConnectionRecord;
    const users = await asOwner(
      connectionUrl({ port, password }, "postgres"),
      (sql) => sql<{ name: string; super: boolean }[]>`
        select distinct usename as name, usesuper as super from pg_stat_activity join pg_user using (usename)
        where datname like 'novacron%' order by 1`,
    );
    const roles = domains.flatMap((domain) => [serviceRole(domain), systemRole(domain)]).toSorted();
    expect([...users]).toEqual(roles.map((name) => ({ name, super: false })));
  });

  test("reports its health, and responds to an unknown path with 404", async () => {
    const status = async (path: string) => (await fetch(new URL(path, running?.url))).status;
    expect(await status("/health/live")).toBe(200);
    expect(await status("/health/ready")).toBe(200);
    expect(await status("/elsewhere")).toBe(404);
  });

  test("reports that its port is in use", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    const ended = await novacron(["start", "--data-dir", dataDir, "--no-demo", "--port", String(port)]);
    other.close();
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain(`PORT_TAKEN: port ${port} of 127.0.0.1 is in use; choose another with --port`);
  });

  test("stops cleanly, and has printed one line on standard output", async () => {
    // Standard output is for scripts; everything else is on standard error.
    expect(await running?.stop()).toMatchObject({ code: 0, stdout: `novacron ready ${running?.url}\n` });
  });
});

describe("novacron with other databases", () => {
  const dataDir = temporaryDataDir("novacron-other-");
  let databases: TestDatabases;
  let env: Record<string, string>;
  beforeAll(async () => {
    databases = await cloneDatabases();
    env = Object.fromEntries(domains.map((domain) => [`DATABASE_URL_${domain.toUpperCase()}`, databases.url(domain)]));
  });
  afterAll(async () => {
    rmSync(dataDir, { recursive: true, force: true });
    await databases?.drop();
  });

  test("names every invalid variable, not only the first one", async () => {
    const ended = await novacronHere(["start", "--data-dir", dataDir], {
      ...env,
      DATABASE_URL_AUTH: undefined,
      DATABASE_URL_VMS: undefined,
      NOVACRON_ENV: undefined,
    });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("CONFIGURATION_INVALID");
    expect(ended.stderr).toContain("DATABASE_URL_AUTH: missing");
    expect(ended.stderr).toContain("DATABASE_URL_VMS: missing");
  });

  test("changes no schema at start", async () => {
    const name = `running_${process.pid}`;
    await asOwner(adminUrl(), (sql) => sql.unsafe(`create database ${name}`));
    const empty = new URL(databases.url("vms"));
    empty.pathname = name;
    const refused = await novacron(["start", "--data-dir", dataDir, "--no-demo"], {
      ...env,
      DATABASE_URL_VMS: empty.href,
    });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("MIGRATIONS_PENDING") });
    await asOwner(adminUrl(), (sql) => sql.unsafe(`drop database ${name} with (force)`));
  });

  test("case G30: new keys are refused also where there are secrets but no user of the platform", async () => {
    const id = randomUUID();
    await asOwner(databases.url("federation"), async (sql) => {
      await sql`
        insert into cloud_providers (id, tenant_id, name, provider_type, credentials_encrypted)
        values (${id}, ${id}, 'cloud', 'aws', 'sealed under lost keys')`;
    });
    const refused = await novacron(["start", "--data-dir", dataDir, "--no-demo", "--port", "0"], env);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("KEYS_LOST: ") });
  });

  test("prints the roles that an administrator has to create", async () => {
    const { stdout, code } = await novacronHere(["migrate", "--print-roles", "--data-dir", dataDir], env);
    expect(code).toBe(0);
    for (const domain of domains) expect(stdout).toContain(`novacron_${domain}_system`);
  });
});
