import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve as resolvePath } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { domains } from "#db/columns.ts";
import { administratorKey } from "#tests/harness/credentials.ts";
import { askGraph } from "#tests/harness/product.ts";
import { adminUrl, asOwner, urlOf } from "#tests/harness/server.ts";
import { beginNovacron, novacron, type Started, startNovacron } from "./command.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";

const countVms = async (url: string, dataDir: string): Promise<number> =>
  (await askGraph(url, "{ vms(first: 1) { totalCount } }", {}, administratorKey(dataDir))).data.vms.totalCount;

describe("novacron start on an empty folder", () => {
  const dataDir = temporaryDataDir("novacron-start-");
  let running: Started | undefined;
  afterAll(async () => {
    await running?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  let vms: number;
  let keys: string;
  const keysFile = join(dataDir, "keys");

  test("serves a demo fleet from a checkout, and stops cleanly", async () => {
    const first = await startNovacron(["--data-dir", dataDir], {}, "checkout");
    vms = await countVms(first.url, dataDir);
    expect(vms).toBeGreaterThan(50);
    expect(statSync(keysFile).mode & 0o777).toBe(0o600);
    keys = readFileSync(keysFile, "utf8");
    const ended = await first.stop();
    expect(ended.code).toBe(0);
    // Standard output has one line, for scripts; everything else is on standard error.
    expect(ended.stdout).toBe(`novacron ready ${first.url}\n`);
  });

  test("keeps the fleet and its keys after a restart", async () => {
    const second = await startNovacron(["--data-dir", dataDir]);
    expect(await countVms(second.url, dataDir)).toBe(vms);
    expect(readFileSync(keysFile, "utf8")).toBe(keys);
    expect((await second.stop("SIGINT")).code).toBe(0);
  });

  test("recovers after SIGKILL of all its processes", async () => {
    const killed = await startNovacron(["--data-dir", dataDir]);
    expect(await countVms(killed.url, dataDir)).toBe(vms);
    const pgdata = (JSON.parse(readFileSync(join(dataDir, "postgres.json"), "utf8")) as { pgdata: string }).pgdata;
    const postmaster = Number(
      readFileSync(join(resolvePath(dataDir, pgdata), "postmaster.pid"), "utf8").split("\n")[0],
    );
    await killed.stop("SIGKILL");
    process.kill(postmaster, "SIGKILL");
    running = await startNovacron(["--data-dir", dataDir]);
    expect(await countVms(running.url, dataDir)).toBe(vms);
  });
});

describe("novacron with other databases", () => {
  const names = Object.fromEntries(domains.map((domain) => [domain, `running_${domain}_${process.pid}`]));
  const env = Object.fromEntries(
    domains.map((domain) => [`DATABASE_URL_${domain.toUpperCase()}`, urlOf(names[domain] ?? "")]),
  );
  const dataDir = temporaryDataDir("novacron-other-");

  beforeAll(() =>
    asOwner(adminUrl(), async (sql) => {
      for (const name of Object.values(names)) await sql.unsafe(`create database ${name}`);
    }),
  );
  afterAll(async () => {
    rmSync(dataDir, { recursive: true, force: true });
    await asOwner(adminUrl(), async (sql) => {
      for (const name of Object.values(names)) await sql.unsafe(`drop database if exists ${name} with (force)`);
    });
  });

  test("changes no schema at start, migrates it on command, and then serves", async () => {
    const refused = await novacron(["start", "--data-dir", dataDir, "--no-demo"], env);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("MIGRATIONS_PENDING");

    const migrated = await novacron(["migrate", "--json", "--data-dir", dataDir], env);
    expect(migrated.code).toBe(0);
    expect(Object.keys(JSON.parse(migrated.stdout) as object)).toEqual([...domains]);

    const product = await startNovacron(["--data-dir", dataDir, "--no-demo"], env);
    expect(await countVms(product.url, dataDir)).toBe(0);
    expect((await product.stop()).code).toBe(0);
  });

  /** Waits until a statement of another session waits for the lock. The statistics views would return the state at the transaction's begin. */
  const untilWaitedFor = async (sql: postgres.TransactionSql): Promise<void> => {
    for (;;) {
      const waiting = await sql`select from pg_locks where relation = 'api_keys'::regclass and not granted`;
      if (waiting.length > 0) return;
      await delay(10);
    }
  };

  test("case G30: lost keys stay lost after a start that is killed while it looks for data under them", async () => {
    const keys = join(dataDir, "keys");
    const lost = readFileSync(keys, "utf8");
    rmSync(keys);
    const start = ["start", "--data-dir", dataDir, "--no-demo", "--port", "0"];
    await asOwner(env["DATABASE_URL_AUTH"] ?? "", (sql) =>
      sql.begin(async (tx) => {
        await tx`lock table api_keys in access exclusive mode`;
        const { child, ended } = beginNovacron(start, env);
        await Promise.race([untilWaitedFor(tx), ended]);
        child.kill("SIGKILL");
        expect(await ended).toMatchObject({ code: null, stdout: "" });
      }),
    );
    expect(existsSync(keys)).toBe(false);
    expect(await novacron(start, env)).toMatchObject({ code: 1, stderr: expect.stringContaining("KEYS_LOST: ") });
    expect(existsSync(keys)).toBe(false);
    writeFileSync(keys, lost, { mode: 0o600 });
  });
});
