import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Database, openDatabase, type Tx } from "#db/client.ts";
import { statement } from "#db/statement.ts";
import { adminUrl, asOwner, cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";
import { tcpProxy, type TcpProxy } from "#tests/harness/tcp-proxy.ts";

// An uncaught exception fails the run. The driver throws such exceptions for broken transactions.

const tenantId = "5f225b57-6f23-5959-8431-2e34544686f7";
const otherTenantId = "bee905ba-cd75-5505-b525-23cc6f6770eb";
const backend = statement<{ pid: number }>(() => sql`select pg_backend_pid() as pid`);
/** A statement with a parameter, so that the driver holds back the statements after it. */
const pause = statement<{ pause: string }>(() => sql`select pg_sleep(${sql.placeholder("seconds")}::float8) as pause`);
const place = statement<{ transaction: string; tenant: string }>(
  () => sql`select pg_current_xact_id()::text as transaction, current_setting('app.tenant_id') as tenant`,
);

const unavailable = { code: "DATABASE_UNAVAILABLE" };

let urls: TestDatabases;
let proxy: TcpProxy;
let database: Database;

beforeEach(async () => {
  urls = await cloneDatabases(["vms"]);
  proxy = await tcpProxy(urls.url("vms"));
  // With one connection, the next transaction uses the same connection.
  database = await openDatabase({ domain: "vms", url: proxy.url, maxConnections: 1 });
});
afterEach(async () => {
  await database.close();
  await proxy.cut();
  await urls.drop();
});

/** Returns a promise and the function that resolves it. */
function gate(): { passed: Promise<void>; open: () => void } {
  let open = () => undefined as void;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open };
}

const backendOf = async (tx: Tx): Promise<number> => (await tx.run(backend))[0]?.pid ?? 0;
const terminate = (pid: number) => asOwner(adminUrl(), (admin) => admin`select pg_terminate_backend(${pid}, 5000)`);
const untilPausing = (pid: number) =>
  vi.waitUntil(async () => {
    const busy = await asOwner(
      adminUrl(),
      (admin) => admin`select 1 from pg_stat_activity where pid = ${pid} and wait_event = 'PgSleep'`,
    );
    return busy.length === 1;
  });

async function expectPromptClose(): Promise<void> {
  const begun = performance.now();
  await database.close();
  expect(performance.now() - begun).toBeLessThan(1_000);
}

const breaks: Record<string, (pid: number) => Promise<unknown>> = {
  "the server ends its connection": terminate,
  "the network breaks its connection": () => proxy.cut(),
};

describe.each(Object.entries(breaks))("when %s,", (_, breakIt) => {
  test("a write between two statements is rejected at once, and closing does not wait", async () => {
    const started = gate();
    let pid = 0;
    const write = database.write({ tenantId }, async (tx) => {
      pid = await backendOf(tx);
      started.open();
      await new Promise(() => undefined);
    });
    await started.passed;
    await Promise.all([expect(write).rejects.toMatchObject(unavailable), breakIt(pid)]);
    await expectPromptClose();
  });

  test("a write in the middle of a statement is rejected at once, and closing does not wait", async () => {
    const started = gate();
    let pid = 0;
    const write = database.write({ tenantId }, async (tx) => {
      pid = await backendOf(tx);
      started.open();
      await tx.run(pause, { seconds: 60 });
    });
    await started.passed;
    await untilPausing(pid);
    await Promise.all([expect(write).rejects.toMatchObject(unavailable), breakIt(pid)]);
    await expectPromptClose();
  });

  test("all queued statements of a read are rejected", async () => {
    const tx = database.read({ tenantId });
    const pid = await backendOf(tx);
    const running = [tx.run(pause, { seconds: 60 }), tx.run(backend), tx.run(pause, { seconds: 60 })];
    await untilPausing(pid);
    const rejected = running.map((each) => expect(each).rejects.toMatchObject(unavailable));
    await breakIt(pid);
    await Promise.all(rejected);
    await tx.end();
    await expectPromptClose();
  });

  test("a read with further statements is rejected at the next one, and can still be ended", async () => {
    const tx = database.read({ tenantId });
    await breakIt(await backendOf(tx));
    await expect(tx.run(backend)).rejects.toMatchObject(unavailable);
    await expect(tx.run(backend)).rejects.toMatchObject(unavailable);
    await tx.end();
    await expectPromptClose();
  });

  test("a read without further statements ends normally", async () => {
    const tx = database.read({ tenantId });
    await breakIt(await backendOf(tx));
    await tx.end();
    await expectPromptClose();
  });
});

describe("a transaction whose connection is lost", () => {
  test.each(["throws", "returns"])("does not affect the next one, when it %s", async (how) => {
    const first = { started: gate(), goOn: gate(), late: gate() };
    let pid = 0;
    let late: Promise<unknown> = Promise.resolve();
    const broken = database.write({ tenantId }, async (tx) => {
      pid = await backendOf(tx);
      first.started.open();
      await first.goOn.passed;
      late = tx.run(place).catch((error: unknown) => error);
      await late;
      first.late.open();
      if (how === "throws") throw new Error("thrown by the test");
    });
    await first.started.passed;
    await Promise.all([expect(broken).rejects.toMatchObject(unavailable), terminate(pid)]);

    const places = await database.write({ tenantId: otherTenantId }, async (tx) => {
      const before = await tx.run(place);
      first.goOn.open();
      await first.late.passed;
      // This would get its result after a ROLLBACK or COMMIT of the first transaction.
      await tx.run(backend);
      return [...before, ...(await tx.run(place))];
    });
    expect(await late).toMatchObject(unavailable);
    expect(places[0]?.tenant).toBe(otherTenantId);
    expect(places[1]).toEqual(places[0]);
  });

  test("leaves the next one a usable connection, without the old server's last messages", async () => {
    const tx = database.read({ tenantId });
    const pid = await backendOf(tx);
    const running = tx.run(pause, { seconds: 60 });
    await untilPausing(pid);
    await Promise.all([expect(running).rejects.toMatchObject(unavailable), terminate(pid)]);
    await tx.end();
    expect(await database.write({ tenantId }, backendOf)).not.toBe(pid);
  });
});

test("every statement gets its own result or is refused within seconds, while connections are terminated repeatedly", async () => {
  const echo = statement<{ n: number }>(() => sql`select ${sql.placeholder("n")}::int as n`);
  const system = await openDatabase({ domain: "vms", url: urls.url("vms"), as: "system", maxConnections: 2 });
  const ended = new AbortController();
  let answered = 0;
  let longestMs = 0;
  const querying = Array.from({ length: 4 }, async (_, asker) => {
    for (let n = asker; !ended.signal.aborted; n += 4) {
      const begun = performance.now();
      const answer = await system.run(echo, { n }).catch((error: unknown) => error);
      longestMs = Math.max(longestMs, performance.now() - begun);
      if (answer instanceof Error) expect(answer).toMatchObject(unavailable);
      else expect(answer).toEqual([{ n }]);
      answered += answer instanceof Error ? 0 : 1;
    }
  });
  await asOwner(urls.url("vms"), async (owner) => {
    for (let round = 0; round < 60; round += 1) {
      await owner`
        select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
      // A random moment between two of their statements or in the middle of one.
      await owner`select pg_sleep(${(round % 30) / 1_000})`;
    }
  });
  ended.abort();
  await Promise.all(querying);
  await system.close();
  expect(answered).toBeGreaterThan(100);
  expect(longestMs).toBeLessThan(3_000);
}, 60_000);

test("a statement after the end of its transaction is refused", async () => {
  let kept: Tx | undefined;
  await database.write({ tenantId }, async (tx) => {
    kept = tx;
    await tx.run(backend);
  });
  await expect(kept?.run(backend)).rejects.toThrow("after the end of its transaction");
});

test("closing waits for running transactions", async () => {
  const started = gate();
  const write = database.write({ tenantId }, async (tx) => {
    await tx.run(backend);
    started.open();
    await tx.run(pause, { seconds: 0.5 });
    return backendOf(tx);
  });
  await started.passed;
  await database.close();
  expect(await write).toBeGreaterThan(0);
});
