import { sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { createClient, type Client } from "graphql-ws";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { changeColumns, type ChangedRow, type Changes, changeEvents } from "#db/changes.ts";
import type { Database } from "#db/client.ts";
import { append } from "#db/event-log/append.ts";
import { vmMigrationChanges, vmMigrationStepChanges } from "#db/federation/changes.ts";
import { alertChanges } from "#db/monitoring/changes.ts";
import { statement } from "#db/statement.ts";
import { changeStates, type StateChange } from "#db/vms/state-writes.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { statementsDuring } from "#tests/harness/statements.ts";
import { wholeTenantIdentity } from "#tests/harness/whole-tenant-identity.ts";
import { until } from "./until.ts";

const { tenantId, id } = fleetOf(1);
const other = fleetOf(2);

let product: TestProduct;
let client: Client;
beforeAll(async () => {
  product = await bootProduct({ tenantId, withEvents: true });
  await insertFleet(product.urls, 1, 6);
  await insertFleet(product.urls, 2, 2);
  client = createClient({
    url: product.url.replace("http:", "ws:"),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: "Bearer anybody" },
  });
});
afterAll(async () => {
  await client.dispose();
  await product.stop();
});

interface Received<Data> {
  data: Data;
  extensions: { cursor: string; dropped?: number };
}

/** Follows a subscription from a position that is queried first, so that no later write can be missed. */
async function following<Data>(query: string, variables: Record<string, unknown> = {}, after?: string) {
  const start = after ?? (await cursorNow());
  const received: Received<Data>[] = [];
  const events = client.iterate<Data>({ query, variables, extensions: { after: start } });
  const reading = (async () => {
    for await (const event of events) received.push(event as unknown as Received<Data>);
  })();
  return {
    received,
    stop: async () => {
      await events.return?.();
      await reading;
    },
  };
}

async function cursorNow(): Promise<string> {
  const response = await fetch(product.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ __typename }", extensions: { cursor: true } }),
  });
  return ((await response.json()) as { extensions: { cursor: string } }).extensions.cursor;
}

const move = (vm: number, from: StateChange["from"], to: StateChange["to"], of = { tenantId, id }) =>
  product.databases.vms.write({ tenantId: of.tenantId }, (tx) =>
    changeStates(tx, [{ vmId: of.id("vm", vm), from, to, reason: "of the test", initiatedBy: of.id("user", 1) }]),
  );

/** Writes a row without changing anything that its event reports. */
async function touch<T extends PgTable>(database: Database, changes: Changes<T>, key: string): Promise<void> {
  const { table } = changes;
  const touched = statement<ChangedRow>(
    () =>
      sql`update ${table} set id = id where id = ${sql.placeholder("key")}::uuid returning ${changeColumns(changes)}`,
  );
  await database.write({ tenantId }, async (tx) =>
    append(tx, changeEvents(changes, await tx.run(touched, { key, tenantId }), "updated")),
  );
}

interface Changed {
  vmStateChanged: { fromState: string; toState: string; vm: { id: string; owner: { username: string } } };
}
const changes = `subscription ($filter: VmStateTransitionFilter) {
  vmStateChanged(filter: $filter) { fromState toState vm { id name owner { username } latestMetrics { cpuUsagePercent } } }
}`;

describe("vmStateChanged", () => {
  const states = ({ received }: { received: readonly Received<Changed>[] }) =>
    received.map(({ data: { vmStateChanged: change } }) => [change.fromState, change.toState]);
  beforeAll(async () => {
    await product.databases.vms.write({ tenantId }, (tx) =>
      tx.execute(
        statement<never>(() => sql`update vms set state = 'running', origin_state = null where deleted_at is null`),
      ),
    );
  });

  it("emits each change once and in order, with data of the other subgraphs about its VM", async () => {
    const live = await following<Changed>(changes, { filter: { vm: [id("vm", 1)] } });
    await move(1, "running", "paused");
    await move(2, "running", "paused");
    await move(1, "paused", "running");
    await move(1, "running", "stopped");
    await until(() => live.received.length === 3);
    expect(states(live)).toEqual([
      ["RUNNING", "PAUSED"],
      ["PAUSED", "RUNNING"],
      ["RUNNING", "STOPPED"],
    ]);
    expect(live.received[0]?.data.vmStateChanged.vm).toMatchObject({
      id: id("vm", 1),
      owner: { username: expect.any(String) },
    });
    await live.stop();
  });

  it("resumes exactly after any cursor, and never emits a change of another tenant", async () => {
    const live = await following<Changed>(changes);
    await product.databases.vms.write({ tenantId: other.tenantId }, (tx) =>
      tx.execute(statement<never>(() => sql`update vms set state = 'running' where deleted_at is null`)),
    );
    for (const [from, to] of [
      ["stopped", "running"],
      ["running", "paused"],
      ["paused", "running"],
      ["running", "stopped"],
    ] as const) {
      await move(1, from, to);
      await move(1, "running", to === "running" ? "paused" : to, other);
    }
    await until(() => live.received.length === 4);
    await live.stop();
    for (const [index, { extensions }] of live.received.entries()) {
      const again = await following<Changed>(changes, {}, extensions.cursor);
      await until(() => again.received.length === 3 - index);
      expect(again.received).toEqual(live.received.slice(index + 1));
      await again.stop();
    }
  });

  it("refuses a cursor of another installation or another tenant, and an invalid one", async () => {
    const cursor = await cursorNow();
    const [version, mark, positions] = JSON.parse(Buffer.from(cursor, "base64url").toString()) as [
      number,
      string,
      Record<string, string>,
    ];
    const encoded = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString("base64url");
    const [format, ...place] = (positions["vms"] ?? "").split(".");
    const elsewhere = [format, (place[0] ?? "").replace(/./g, "0"), ...place.slice(1)].join(".");
    expect(encoded(version, mark, positions)).toBe(cursor);
    for (const after of [
      encoded(version, mark, { ...positions, vms: elsewhere }),
      encoded(version, "AAAAAAAA", positions),
      cursor.slice(0, -4),
      `${cursor}~`.repeat(100),
      "",
      7,
    ])
      await expect(client.iterate({ query: changes, extensions: { after } }).next()).rejects.toMatchObject([
        { extensions: { code: "POSITION_INVALID" } },
      ]);
  });

  it("emits only changes that match its filter, and refuses an invalid id", async () => {
    const live = await following<Changed>(changes, { filter: { toState: ["PAUSED"], fromState: ["RUNNING"] } });
    await move(1, "stopped", "running");
    await move(1, "running", "paused");
    await move(1, "paused", "running");
    await until(() => live.received.length === 1);
    expect(states(live)).toEqual([["RUNNING", "PAUSED"]]);
    await live.stop();
    const wrong = client.iterate({ query: changes, variables: { filter: { vm: ["x"] } } });
    await expect(wrong.next()).rejects.toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
  });

  it("reads many events with as few statements as one", async () => {
    const start = await cursorNow();
    await product.databases.vms.write({ tenantId }, async (tx) => {
      for (let pair = 0; pair < 10; pair += 1)
        for (const [from, to] of [
          ["running", "paused"],
          ["paused", "running"],
        ] as const)
          await changeStates(tx, [{ vmId: id("vm", 1), from, to, reason: "", initiatedBy: id("user", 1) }]);
    });
    const live = { received: [] as unknown[], stop: async () => undefined as void };
    const statements = await statementsDuring(product.urls, async () => {
      Object.assign(live, await following<Changed>(`# a subscription that no client has yet\n${changes}`, {}, start));
      await until(() => live.received.length === 20);
    });
    await live.stop();
    const reads = statements.filter(({ query }) => /^select .*"(vm_state_transitions|vms)"/s.test(query));
    expect(reads.length).toBeGreaterThan(0);
    expect(reads.reduce((sum, { calls }) => sum + calls, 0)).toBeLessThanOrEqual(4);
  });
});

describe("alertChanged", () => {
  it("emits each change with its own state and the alert's current data", async () => {
    const live = await following<{ alertChanged: { state: string; version: number; alert: { id: string } } }>(
      "subscription { alertChanged { state severity version changedAt alert { id rule { name } vm { name } } } }",
    );
    await touch(product.databases.monitoring, alertChanges, id("alert", 1));
    await touch(product.databases.monitoring, alertChanges, id("alert", 2));
    await until(() => live.received.length === 2);
    expect(live.received.map(({ data }) => data.alertChanged.alert.id)).toEqual([id("alert", 1), id("alert", 2)]);
    await live.stop();
  });
});

describe("migrationProgressed", () => {
  it("emits the changes of a migration and of its steps", async () => {
    const live = await following<{ migrationProgressed: Record<string, unknown> }>(
      `subscription ($ids: [ID!]) { migrationProgressed(filter: { id: $ids }) {
        status progressPercentage step { number name status } migration { id vm { name } } } }`,
      { ids: [id("migration", 1)] },
    );
    await touch(product.databases.federation, vmMigrationChanges, id("migration", 2));
    await touch(product.databases.federation, vmMigrationStepChanges, id("migrationStep", 1));
    await touch(product.databases.federation, vmMigrationChanges, id("migration", 1));
    await until(() => live.received.length === 2);
    expect(live.received.map(({ data }) => data.migrationProgressed)).toMatchObject([
      { status: null, step: { name: expect.any(String) }, migration: { id: id("migration", 1) } },
      { progressPercentage: expect.any(Number), step: null, migration: { id: id("migration", 1) } },
    ]);
    await live.stop();
  });
});

describe("vmMetrics", () => {
  const sampled = (...vms: number[]) =>
    product.databases.monitoring.write({ tenantId }, (tx) => {
      const [from, to] = [new Date().toISOString(), new Date().toISOString()];
      const payload = { from, to, samples: vms.length, vmIds: vms.map((vm) => id("vm", vm)) };
      return append(tx, [{ type: "vm_metrics.written", key: id("vm", 1), payload }]);
    });

  it("emits the newest sample of each VM at the requested interval, with the number of samples that it replaces", async () => {
    const live = await following<{ vmMetrics: { vm: { id: string } } }>(
      `subscription ($ids: [ID!]) { vmMetrics(filter: { vm: $ids }, every: "PT1S") { time cpuUsagePercent vm { id name } } }`,
      { ids: [id("vm", 1), id("vm", 2)] },
    );
    for (let round = 0; round < 5; round += 1) await sampled(1, 2, 3);
    const standsFor = () => live.received.reduce((sum, { extensions }) => sum + 1 + (extensions.dropped ?? 0), 0);
    await until(() => standsFor() === 10);
    expect(live.received.length).toBeLessThan(10);
    expect(new Set(live.received.map(({ data }) => data.vmMetrics.vm.id))).toEqual(new Set([id("vm", 1), id("vm", 2)]));
    await live.stop();
  });

  it("refuses an interval that is too short or too long", async () => {
    const refused = (variables: Record<string, unknown>) =>
      client
        .iterate({
          query:
            "subscription ($ids: [ID!], $every: Duration) { vmMetrics(filter: { vm: $ids }, every: $every) { time } }",
          variables,
        })
        .next();
    const badInput = [{ extensions: { code: "BAD_USER_INPUT" } }];
    await expect(refused({ every: "PT0.1S" })).rejects.toMatchObject(badInput);
    await expect(refused({ every: "PT2H" })).rejects.toMatchObject(badInput);
  });
});

it("nodeMetrics is only for users of the platform, even when the subgraph is called directly", async () => {
  const monitoring = product.subgraphs.find(({ name }) => name === "monitoring");
  const identity = { ...wholeTenantIdentity(tenantId, id("user", 1)), userTenantId: tenantId };
  const context = { identity, requestId: "r", deadline: Date.now() + 5_000 };
  const request = { query: "subscription { nodeMetrics { cpuUsagePercent } }" };
  const refused = monitoring?.subscriptions?.subscribe(request, context, new AbortController().signal);
  await expect(refused?.[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "FORBIDDEN" });
});
