import { readFileSync, statSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createMissingDatabases } from "#db/embedded/databases.ts";
import { type EmbeddedPostgres, readEmbeddedConnection } from "#db/embedded/start.ts";
import { EmbeddedFixture, postmasterPid, query } from "./embedded-fixture.ts";

describe("a server on an empty data folder", { timeout: 60_000 }, () => {
  const fixture = new EmbeddedFixture();
  const dataDir = fixture.folder();
  let server: EmbeddedPostgres;
  beforeAll(async () => {
    server = await fixture.start(dataDir, { databases: ["novacron_auth", "novacron_vms"] });
  }, 60_000);
  afterAll(() => fixture.clean());

  it("has the databases, in UTF-8 with the same order on every machine, and checksums", async () => {
    const [row] = await query(
      server.url("novacron_auth"),
      `select pg_encoding_to_char(encoding) as encoding, datlocprovider::text as provider, datlocale as locale,
         current_setting('data_checksums') as checksums, current_user as user, current_setting('jit') as jit
       from pg_database where datname = 'novacron_vms'`,
    );
    const expected = { encoding: "UTF8", provider: "b", locale: "C.UTF-8", checksums: "on", jit: "off" };
    expect(row).toEqual({ ...expected, user: "novacron_owner" });
  });

  it("can load the extensions that the product may use", async () => {
    const wanted = ["btree_gist", "pg_stat_statements", "pg_trgm", "pgcrypto"];
    for (const name of wanted) await query(server.url("novacron_vms"), `create extension ${name}`);
    const rows = await query(server.url("novacron_vms"), "select extname from pg_extension order by extname");
    expect(rows.map((row) => row["extname"])).toEqual(expect.arrayContaining(wanted));
  });

  it("keeps its password in a file that only its owner can read", () => {
    const path = join(dataDir, "postgres.json");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const record = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    expect(record).toMatchObject({ host: "127.0.0.1", port: server.port, pgdata: "postgres" });
    expect(Buffer.from(String(record["password"]), "base64url")).toHaveLength(32);
  });

  it.skipIf(process.platform !== "linux")("does not expose its password in a process list", () => {
    const { password } = new URL(server.url("x"));
    const commandLine = readFileSync(`/proc/${postmasterPid(server.dataDir)}/cmdline`, "utf8");
    expect(commandLine).toContain(server.dataDir);
    expect(commandLine).not.toContain(password);
  });

  it("refuses a wrong password, with scram", async () => {
    const wrong = server.url("novacron_vms").replace(/:[^:@]+@/, ":guess@");
    await expect(query(wrong, "select 1")).rejects.toMatchObject({ code: "28P01" });
    const methods = await query(server.url("novacron_vms"), "select distinct auth_method from pg_hba_file_rules");
    expect(methods).toEqual([{ auth_method: "scram-sha-256" }]);
  });

  it("listens on loopback only and has no socket file", async () => {
    const [row] = await query(
      server.url("novacron_vms"),
      "select current_setting('listen_addresses') as listen, current_setting('unix_socket_directories') as sockets",
    );
    expect(row).toEqual({ listen: "127.0.0.1", sockets: "" });
    const outside = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    for (const { address } of outside.filter(({ internal, family }) => !internal && family === "IPv4")) {
      await expect(once(connect(server.port, address), "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    }
  });

  it("creates a database once, even when a session of a killed process may be creating it at the same time", async () => {
    const password = new URL(server.url("x")).password;
    const create = () => createMissingDatabases({ port: server.port, password }, ["novacron_federation"]);
    await Promise.all([create(), create(), create()]);
    expect(await query(server.url("novacron_federation"), "select 1 as one")).toEqual([{ one: 1 }]);
  });

  it("can be found by a command that runs next to it", async () => {
    const connection = await readEmbeddedConnection(dataDir);
    expect(connection?.running).toBe(true);
    expect(connection?.url("novacron_vms")).toBe(server.url("novacron_vms"));
    expect(await readEmbeddedConnection(fixture.folder())).toBeUndefined();
  });
});

describe("the next start", { timeout: 60_000 }, () => {
  let fixture = new EmbeddedFixture();
  afterEach(async () => {
    await fixture.clean();
    fixture = new EmbeddedFixture();
  });

  it("reuses the data, the port and the password, and creates new databases", async () => {
    const dataDir = fixture.folder();
    const first = await fixture.start(dataDir);
    await query(first.url("novacron_vms"), "create table kept as select 42 as answer");
    await first.stop();
    expect((await readEmbeddedConnection(dataDir))?.running).toBe(false);
    await expect(query(first.url("novacron_vms"), "select 1")).rejects.toMatchObject({ code: "ECONNREFUSED" });

    const second = await fixture.start(dataDir, { databases: ["novacron_vms", "novacron_scheduler"] });
    expect(second.adopted).toBe(false);
    expect(second.url("novacron_vms")).toBe(first.url("novacron_vms"));
    expect(await query(second.url("novacron_vms"), "select answer from kept")).toEqual([{ answer: 42 }]);
    expect(await query(second.url("novacron_scheduler"), "select 1 as one")).toEqual([{ one: 1 }]);
  });

  it("refuses a requested port that is taken, and chooses another one instead of a remembered port that is", async () => {
    const dataDir = fixture.folder();
    const first = await fixture.start(dataDir);
    await first.stop();
    const intruder = createServer().listen(first.port, "127.0.0.1");
    await once(intruder, "listening");
    try {
      await expect(fixture.start(dataDir, { port: first.port })).rejects.toMatchObject({
        code: "PORT_TAKEN",
        message: expect.stringContaining(`Port ${first.port} on 127.0.0.1 is taken`),
      });
      const second = await fixture.start(dataDir);
      expect(second.port).not.toBe(first.port);
      expect(fixture.lines).toContainEqual(`Port ${first.port} cannot be used any more: choosing another one`);
    } finally {
      intruder.close();
    }
  });
});
