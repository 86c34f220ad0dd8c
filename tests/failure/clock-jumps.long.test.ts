import { rmSync } from "node:fs";
import { expect, it, onTestFinished, vi } from "vitest";
import { closeDatabases, openDatabases } from "#runtime/databases.ts";
import { serverEnvironment } from "#db/embedded/command.ts";
import { readEmbeddedConnection } from "#db/embedded/start.ts";
import { removeOldEvents } from "#db/event-log/retention.ts";
import { ensureMetricRange } from "#db/monitoring/metric-ranges.ts";
import { dropOldMetrics } from "#db/monitoring/retention.ts";
import { insertVmSamples } from "#db/monitoring/sample-writes.ts";
import { checkVmProjection } from "#db/projections/vm-projection.ts";
import { demoTenantId } from "#lib/trust/demo-tenant.ts";
import { administratorKey } from "#tests/harness/credentials.ts";
import { askGraph } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { startNovacron } from "#tests/running/command.ts";
import { fakeClock, needsFaketime } from "./fake-clock.ts";
import { ownServer } from "./own-server.ts";
import { id, productWithEvents, renameVm, tenantId } from "./product-with-events.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";

const minutes = 60;
/** Five minutes ahead and back: jumps of five minutes, then of ten. */
const offsets = [0, 5 * minutes, 0, -5 * minutes, 5 * minutes, 0];

it("fault 26: when the databases' clock jumps, events keep their order, nothing is removed early, and samples find their partitions", async (test) => {
  const clock = fakeClock() ?? test.skip(needsFaketime);
  onTestFinished(() => clock.remove());
  const untouched = { ...serverEnvironment };
  Object.assign(serverEnvironment, clock.environment);
  onTestFinished(() => {
    for (const name of Object.keys(clock.environment)) Reflect.deleteProperty(serverEnvironment, name);
    expect(serverEnvironment).toEqual(untouched);
  });
  const server = await ownServer(["vms", "monitoring"]);
  onTestFinished(() => server.clean());
  const product = await productWithEvents(server.urls);
  onTestFinished(() => product.stop());
  const { vms, monitoring } = product.systems;

  let change = 0;
  for (const offset of offsets) {
    clock.set(offset);
    const [row] = await asOwner(
      server.urls.url("monitoring"),
      (owner) => owner<{ seconds: number }[]>`
      select extract(epoch from clock_timestamp())::float8 as seconds`,
    );
    const now = row?.seconds ?? 0;
    // Without the jump the test would prove nothing.
    expect(Math.abs(now - Date.now() / 1_000 - offset)).toBeLessThan(30);

    for (let more = 0; more < 20; more++) await product.renameVm(1 + (change % 3), `change ${++change}`);
    await product.untilProjected();
    expect(await removeOldEvents(vms, 10 * minutes)).toBe(0);

    const range = { from: now, to: now + 1 };
    await product.databases.monitoring.write({ tenantId }, (tx) => ensureMetricRange(tx, "vm_metrics", range));
    const samples = { vmId: [id("vm", 1)], time: [now], cpuUsagePercent: [50] };
    const written = await product.databases.monitoring.write({ tenantId }, (tx) => insertVmSamples(tx, samples));
    expect(written).toBe(1);
    expect(await monitoring.write({ tenantId }, (tx) => dropOldMetrics(tx, new Date(now * 1_000)))).toBe(0);

    const { errors } = await product.ask("{ vms(first: 3) { nodes { name alerts { totalCount } } } }");
    expect(errors).toEqual([]);
    expect(await product.readiness()).toBe(200);
  }
  await vi.waitFor(() => expect(product.followed).toHaveLength(change));
  expect(product.followed.map(({ payload }) => payload["name"])).toEqual(
    Array.from({ length: change }, (_, at) => `change ${at + 1}`),
  );
  // The times went back; the ids did not.
  const times = product.followed.map(({ occurredAt }) => occurredAt);
  expect(times).not.toEqual(times.toSorted());
  const ids = product.followed.map((event) => event.id);
  expect(ids).toEqual(ids.toSorted((a, b) => a - b));
});

it("fault 26: when the product's clock jumps, it continues to answer, and projections continue", async (test) => {
  const clock = fakeClock() ?? test.skip(needsFaketime);
  onTestFinished(() => clock.remove());
  const dataDir = temporaryDataDir("novacron-clock-data-");
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const product = await startNovacron(["--data-dir", dataDir], clock.environment);
  onTestFinished(async () => {
    expect((await product.stop()).code).toBe(0);
  });
  const connection = await readEmbeddedConnection(dataDir);
  const server = {
    url: (domain: string) => connection?.url(`novacron_${domain}`) ?? "",
    embedded: false,
    stop: async () => undefined,
  };
  const services = await openDatabases(server);
  onTestFinished(() => closeDatabases(services));
  const systems = await openDatabases(server, "system");
  onTestFinished(() => closeDatabases(systems));
  const [vm] = await asOwner(
    server.url("vms"),
    (owner) => owner<{ id: string }[]>`
    select id from vms where tenant_id = ${demoTenantId} and deleted_at is null order by id limit 1`,
  );

  const done = new AbortController();
  const codes = new Set<string>();
  let answered = 0;
  let slowestMs = 0;
  const querying = Array.from({ length: 4 }, async () => {
    while (!done.signal.aborted) {
      const begun = performance.now();
      const query = "{ vms(first: 20) { nodes { name alerts { totalCount } node { name } latestMetrics { time } } } }";
      const { errors } = await askGraph(product.url, query, {}, administratorKey(dataDir));
      slowestMs = Math.max(slowestMs, performance.now() - begun);
      answered += 1;
      for (const { extensions } of errors) codes.add(extensions.code);
    }
  });
  for (const [step, offset] of offsets.entries()) {
    clock.set(offset);
    const from = answered;
    await vi.waitFor(() => expect(answered).toBeGreaterThan(from + 20), { timeout: 30_000, interval: 20 });
    expect((await fetch(new URL("/health/ready", product.url))).status).toBe(200);
    await services.vms.write({ tenantId: demoTenantId }, (tx) => renameVm(tx, vm?.id ?? "", `after jump ${step}`));
    await vi.waitFor(
      async () => {
        for (const target of [systems.monitoring, systems.scheduler]) {
          const { missing, extra, different } = await checkVmProjection({ source: systems.vms, target });
          expect([missing, extra, different]).toEqual([[], [], []]);
        }
      },
      { timeout: 20_000, interval: 100 },
    );
  }
  done.abort();
  await Promise.all(querying);
  // A request in progress when the clock jumped ahead may have exceeded its deadline, and reports that with the code of a timeout.
  expect([...codes].filter((code) => code !== "SUBGRAPH_TIMEOUT")).toEqual([]);
  expect(slowestMs).toBeLessThan(10_000);
});
