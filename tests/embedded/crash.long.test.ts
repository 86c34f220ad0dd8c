import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { readEmbeddedConnection } from "#db/embedded/start.ts";
import { identify } from "#lib/process/process-identity.ts";
import { chooseServerUser } from "#db/embedded/server-user.ts";
import { EmbeddedFixture, kill, postmasterPid, query } from "./embedded-fixture.ts";

describe("after a crash", { timeout: 60_000 }, () => {
  let fixture = new EmbeddedFixture();
  afterEach(async () => {
    await fixture.clean();
    fixture = new EmbeddedFixture();
  });

  it("a start recovers what was committed before a kill -9 of process and server", async () => {
    const dataDir = fixture.folder();
    const { child, report } = await fixture.startInOwnProcess(dataDir);
    await query(report.url, "create table kept as select 42 as answer");
    await kill(child);
    process.kill(postmasterPid(report.dataDir), "SIGKILL");

    const next = await fixture.start(dataDir);
    expect(next.adopted).toBe(false);
    expect(await query(next.url("novacron_vms"), "select answer from kept")).toEqual([{ answer: 42 }]);
  });

  it("a start adopts the server that outlived a kill -9 of its process, and stops it at the end", async () => {
    const dataDir = fixture.folder();
    const { child, report } = await fixture.startInOwnProcess(dataDir);
    await kill(child);
    expect(await query(report.url, "select 1 as one")).toEqual([{ one: 1 }]);

    const next = await fixture.start(dataDir);
    expect(next).toMatchObject({ adopted: true, port: report.port });
    expect(fixture.lines.join()).toContain("Took over the PostgreSQL that still runs");
    await next.stop();
    expect((await readEmbeddedConnection(dataDir))?.running).toBe(false);
  });

  it("a start with other settings stops the abandoned server and starts its own", async () => {
    const dataDir = fixture.folder();
    const { child } = await fixture.startInOwnProcess(dataDir);
    await kill(child);
    const next = await fixture.start(dataDir, { settings: { fsync: "off", max_connections: "33" } });
    expect(next.adopted).toBe(false);
    expect(await query(next.url("novacron_vms"), "show max_connections")).toEqual([{ max_connections: "33" }]);
  });

  it("a process that exits without stopping its server takes the server down with it", async () => {
    const dataDir = fixture.folder();
    const { child, report } = await fixture.startInOwnProcess(dataDir);
    child.stdin?.write("exit\n");
    await once(child, "exit");
    await expect.poll(() => existsSync(join(report.dataDir, "postmaster.pid")), { timeout: 20_000 }).toBe(false);
  });

  it("a stale postmaster.pid with the id of an unrelated process does not matter", async () => {
    const dataDir = fixture.folder();
    const first = await fixture.start(dataDir);
    const stale = readFileSync(join(first.dataDir, "postmaster.pid"), "utf8");
    await first.stop();
    // The process belongs to the server's own user, because PostgreSQL itself recognizes a stale file with any other user's process.
    const other = spawn("sleep", ["60"], { stdio: "ignore", ...chooseServerUser(undefined).switch });
    try {
      writeFileSync(join(first.dataDir, "postmaster.pid"), stale.replace(/^\d+/, String(other.pid)));
      const next = await fixture.start(dataDir);
      expect(next.adopted).toBe(false);
      expect(postmasterPid(next.dataDir)).not.toBe(other.pid);
      expect(other.exitCode ?? other.signalCode).toBeNull();
    } finally {
      await kill(other);
    }
  });

  it("the remains of an interrupted first start are removed and created again", async () => {
    const dataDir = fixture.folder();
    const half = join(dataDir, "postgres.new-abandoned");
    mkdirSync(join(half, "data"), { recursive: true });
    writeFileSync(join(half, "data", "PG_VERSION"), "18\n");
    const record = { port: 1, password: "of-the-interrupted-start", pgdata: "postgres" };
    writeFileSync(join(dataDir, "postgres.json"), JSON.stringify(record));
    writeFileSync(join(dataDir, "postgres.lock"), JSON.stringify({ pid: process.pid, startedAt: "another time" }));
    const server = await fixture.start(dataDir);
    expect(await query(server.url("novacron_vms"), "select 1 as one")).toEqual([{ one: 1 }]);
    const expected = ["postgres", "postgres.json", "postgres.log"];
    expect(readdirSync(dataDir).toSorted()).toEqual(expected);
  });

  it("a server whose data folder was deleted still stops", async () => {
    const dataDir = fixture.folder();
    const server = await fixture.start(dataDir);
    const pid = postmasterPid(server.dataDir);
    rmSync(dataDir, { recursive: true });
    await server.stop();
    expect(identify(pid)).toBeUndefined();
  });

  it("a lost postgres.json is created again with a new password", async () => {
    const dataDir = fixture.folder();
    const first = await fixture.start(dataDir);
    await query(first.url("novacron_vms"), "create table kept as select 42 as answer");
    await first.stop();
    rmSync(join(dataDir, "postgres.json"));
    const next = await fixture.start(dataDir);
    expect(new URL(next.url("x")).password).not.toBe(new URL(first.url("x")).password);
    expect(await query(next.url("novacron_vms"), "select answer from kept")).toEqual([{ answer: 42 }]);
  });
});

describe("two processes on one data folder", { timeout: 60_000 }, () => {
  const fixture = new EmbeddedFixture();
  afterEach(() => fixture.clean());

  it("share one server, which stops with the last of them", async () => {
    const dataDir = fixture.folder();
    const [other, here] = await Promise.all([fixture.startInOwnProcess(dataDir), fixture.start(dataDir)]);
    expect([other.report.adopted, here.adopted].toSorted()).toEqual([false, true]);
    expect(other.report.port).toBe(here.port);

    other.child.stdin?.write("stop\n");
    await once(other.child, "exit");
    expect(await query(here.url("novacron_vms"), "select 1 as one")).toEqual([{ one: 1 }]);
    await here.stop();
    expect((await readEmbeddedConnection(dataDir))?.running).toBe(false);
  });
});
