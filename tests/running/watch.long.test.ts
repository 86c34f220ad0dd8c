import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { changeColumns, type ChangedRow, changeEvents } from "#db/changes.ts";
import { append } from "#db/event-log/append.ts";
import { vmMigrationStepChanges } from "#db/federation/changes.ts";
import { alertChanges } from "#db/monitoring/changes.ts";
import { statement } from "#db/statement.ts";
import { changeStates, type StateChange } from "#db/vms/state-writes.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { makeApiKey, makeUser } from "#tests/harness/credentials.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { type TcpProxy, tcpProxy } from "#tests/harness/tcp-proxy.ts";
import { until } from "#tests/live/until.ts";
import { beginNovacron, novacron } from "./command.ts";

const { tenantId, id } = fleetOf(1);
const folder = temporaryDataDir("novacron-watch-");
let product: TestProduct;
let network: TcpProxy;
let key: string;

beforeAll(async () => {
  product = await bootProduct({ authenticates: true, withEvents: true });
  await insertFleet(product.urls, 1, 3);
  await product.databases.vms.write({ tenantId }, (tx) =>
    tx.execute(
      statement<never>(() => sql`update vms set state = 'running', origin_state = null where deleted_at is null`),
    ),
  );
  const { id: userId } = await makeUser(product.databases.auth, { tenantId, role: "admin" });
  ({ key } = await makeApiKey(product.databases.auth, { tenantId, userId }));
  const administrator = { email: "a@example.org", password: "nobody's", apiKey: key, tenantId };
  writeFileSync(join(folder, "admin.json"), JSON.stringify(administrator), { mode: 0o600 });
  network = await tcpProxy(product.url);
});
const running: ReturnType<typeof beginNovacron>[] = [];
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill("SIGKILL");
    await ended;
  }
});
afterAll(async () => {
  await network?.cut();
  await product.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a watch and waits for its first line. */
async function watch(...args: string[]) {
  const url = ["--url", network.url, "--data-dir", folder];
  const begun = beginNovacron(["watch", ...args, ...url], { NOVACRON_API_KEY: undefined });
  running.push(begun);
  const lines = () => begun.output.stdout.split("\n").filter((line) => line !== "");
  await until(() => lines().length > 0 || begun.child.exitCode !== null);
  return { ...begun, lines };
}

const move = (from: StateChange["from"], to: StateChange["to"]) =>
  product.databases.vms.write({ tenantId }, (tx) =>
    changeStates(tx, [{ vmId: id("vm", 1), from, to, reason: "of the test", initiatedBy: id("user", 1) }]),
  );

describe("novacron watch", () => {
  it("prints a VM's current state, each change of its state and its samples, also over a connection that was lost", async () => {
    const { lines, output, child, ended } = await watch("vm", id("vm", 1));
    expect(lines()[0]).toMatch(/^t1 \S+$/);
    await until(() => lines().length >= 3);
    expect(lines()[1]).toMatch(/^.{8} {2}RUNNING .*CPU, .*iB · on \S+/);
    expect(lines()[2]).toMatch(/^.{8} {2}CPU [\d.?]+.* memory /);
    await move("running", "paused");
    await until(() => lines().some((line) => line.includes("RUNNING → PAUSED")));
    await network.cut();
    await move("paused", "running");
    await until(() => output.stderr.includes("connection lost"));
    await network.mend();
    await until(() => output.stderr.includes("connection restored"));
    await move("running", "paused");
    await until(() => lines().filter((line) => line.includes("→")).length >= 3);
    await product.databases.monitoring.write({ tenantId }, (tx) => {
      const [from, to] = [new Date().toISOString(), new Date().toISOString()];
      const payload = { from, to, samples: 1, vmIds: [id("vm", 1)] };
      return append(tx, [{ type: "vm_metrics.written", key: id("vm", 1), payload }]);
    });
    await until(() => lines().filter((line) => line.includes("memory ")).length >= 2);
    const transitions = lines().flatMap((line) => /\w+ → \w+/.exec(line) ?? []);
    expect(transitions).toEqual(["RUNNING → PAUSED", "PAUSED → RUNNING", "RUNNING → PAUSED"]);
    expect(Math.max(...lines().map((line) => line.length))).toBeLessThanOrEqual(100);
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ code: 0 });
    expect(output.stdout + output.stderr).not.toContain(key);
    expect(output.stdout).not.toContain("\u001b");
  });

  it("ends at Ctrl-C with 0 also while it reconnects", async () => {
    const { output, child, ended } = await watch("alerts");
    await network.cut();
    await until(() => output.stderr.includes("connection lost"));
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ code: 0 });
    await network.mend();
  });

  it("ends with 0 when its output is no longer read", async () => {
    const { child, ended } = await watch("vm", id("vm", 1));
    child.stdout.destroy();
    await move("paused", "running");
    await move("running", "paused");
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
  });

  it("prints the open alerts and their changes", async () => {
    const { lines } = await watch("alerts");
    expect(lines()[0]).toMatch(/^\d open alerts?$/);
    const touched = statement<ChangedRow>(
      () =>
        sql`update alert_instances set state = ${sql.placeholder("state")}::alert_state_enum, acknowledged_at = null
          where id = ${sql.placeholder("key")}::uuid returning ${changeColumns(alertChanges)}`,
    );
    const alertLine = (what: string) => new RegExp(`^.{8} {2}(INFO|WARNING|CRITICAL) +${what} +t1 n`);
    for (const [state, what] of [
      ["pending", "FIRING → PENDING"],
      ["firing", "PENDING → FIRING"],
    ]) {
      await product.databases.monitoring.write({ tenantId }, async (tx) =>
        append(tx, changeEvents(alertChanges, await tx.run(touched, { key: id("alert", 1), state }), "updated")),
      );
      await until(() => lines().some((line) => alertLine(what ?? "").test(line)));
    }
  });

  it("prints the unfinished migrations and the changes of their steps, as JSON on request", async () => {
    const { lines, child, ended } = await watch("migrations", "--json");
    const touched = statement<ChangedRow>(
      () =>
        sql`update migration_steps set id = id where id = ${sql.placeholder("key")}::uuid returning ${changeColumns(vmMigrationStepChanges)}`,
    );
    await product.databases.federation.write({ tenantId }, async (tx) =>
      append(
        tx,
        changeEvents(
          vmMigrationStepChanges,
          await tx.run(touched, { key: id("migrationStep", 1), tenantId }),
          "updated",
        ),
      ),
    );
    await until(() => lines().length === 2);
    const [beginning, change] = lines().map((line) => JSON.parse(line) as Record<string, Record<string, unknown>>);
    expect(beginning).toMatchObject({ now: { migrations: { nodes: expect.any(Array) } }, cursor: expect.any(String) });
    expect(change).toMatchObject({
      change: { migrationProgressed: { step: { number: expect.any(Number) } } },
      cursor: expect.any(String),
    });
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ code: 0 });
  });

  it.each([
    [["vm", fleetOf(2).id("vm", 1)], {}, "NOT_FOUND"],
    [["vm", "nonsense"], {}, "NOT_FOUND"],
    [["alerts"], { NOVACRON_API_KEY: "nvk_wrong" }, "UNAUTHENTICATED"],
    [["alerts", "--url", "http://127.0.0.1:1/graphql"], {}, "UNREACHABLE"],
    [["alerts", "--url", "nonsense"], {}, "USAGE"],
    [["alerts", "--data-dir", join(folder, "nowhere")], {}, "KEY_MISSING"],
  ])("%j with %j ends with %s and exit code 1", async (args, env, code) => {
    const defaults = [
      ...(args.includes("--url") ? [] : ["--url", product.url]),
      ...(args.includes("--data-dir") ? [] : ["--data-dir", folder]),
    ];
    const ended = await novacron(["watch", ...args, ...defaults], { NOVACRON_API_KEY: undefined, ...env });
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toMatch(new RegExp(`^${code}: \\S`));
  });
});
