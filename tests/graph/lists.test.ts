import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiKeyEntity } from "#db/auth/api-keys.ts";
import { auditEntryEntity } from "#db/auth/auth-audit-log.ts";
import { userSessionEntity } from "#db/auth/user-sessions.ts";
import { userEntity } from "#db/auth/users.ts";
import type { Tx } from "#db/client.ts";
import type { Domain } from "#db/columns.ts";
import { cloudProviderEntity } from "#db/federation/cloud-providers.ts";
import { instancePriceEntity } from "#db/federation/instance-prices.ts";
import type { List, ListArguments } from "#db/list.ts";
import { alertRuleEntity } from "#db/monitoring/alert-rules.ts";
import { resourceAllocationEntity } from "#db/scheduler/resource-allocations.ts";
import { vmEntity } from "#db/vms/vms.ts";
import { InvalidArgument } from "#lib/errors.ts";
import { encodeCursor, type Page } from "#lib/graphql/pagination.ts";
import { closeDatabases, type Databases, openDatabases } from "#runtime/databases.ts";
import { asOwner, cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";
import { fleetOf, insertFleet } from "./rows.ts";

const rowCount = 12;
const { tenantId, id } = fleetOf(1);

let urls: TestDatabases;
let databases: Databases;
beforeAll(async () => {
  urls = await cloneDatabases();
  databases = await openDatabases({ url: urls.url, embedded: false, stop: async () => undefined });
  await insertFleet(urls, 1, rowCount);
});
afterAll(async () => {
  await closeDatabases(databases);
  await urls.drop();
});

/** Runs `use` in one read transaction, which a failed statement would end for those that follow. */
async function reading<T>(domain: Domain, use: (tx: Tx) => Promise<T>): Promise<T> {
  const tx = databases[domain].read({ tenantId });
  try {
    return await use(tx);
  } finally {
    await tx.end();
  }
}

const idsOf = ({ edges }: Page<{ id: string }>) => edges.map(({ node }) => node.id);

it.each([
  ["user", "auth", userEntity, ["passwordHash", "mfaSecret"]],
  ["apiKey", "auth", apiKeyEntity, ["keyHash"]],
  ["userSession", "auth", userSessionEntity, ["tokenHash"]],
  ["authAuditEntry", "auth", auditEntryEntity, ["seq", "prevHash", "hash"]],
  ["cloudProvider", "federation", cloudProviderEntity, ["credentialsEncrypted"]],
] as const)(
  "the rows of a %s have no secret column in a list or by id, and all others",
  async (kind, domain, entity, secrets) => {
    const rows = await reading(domain, async (tx) => [
      (await entity.list.page(tx, { first: 1 }, false)).edges[0]?.node,
      (await entity.byId(tx, [id(kind)]))[0],
    ]);
    for (const row of rows) {
      const properties = Object.keys(row ?? {});
      expect(properties).toEqual(expect.arrayContaining([...entity.properties]));
      expect(properties.filter((property) => secrets.some((secret) => secret === property))).toEqual([]);
    }
  },
);

describe("a list that leaves deleted rows out", () => {
  const deleted = id("vm", 2);
  const rule = id("alertRule", 2);
  beforeAll(async () => {
    await asOwner(
      urls.url("vms"),
      (sql) => sql`update vms set state = 'deleted', deleted_at = now(), node_id = null where id = ${deleted}`,
    );
    await asOwner(
      urls.url("monitoring"),
      (sql) => sql`update alert_rules set deleted_at = now(), enabled = false where id = ${rule}`,
    );
  });

  it.each<[string, ListArguments["filter"], boolean]>([
    ["no filter", undefined, false],
    ["a null filter", null, false],
    ["an empty filter", {}, false],
    ["a filter of null values", { id: null, state: undefined }, false],
    ["another filter", { tags: [{ key: "env" }] }, false],
    ["a filter by state", { state: ["deleted", "running"] }, true],
    ["a filter by id", { id: [deleted] }, true],
    ["a filter by id and another", { id: [deleted], tags: [{ key: "env" }] }, true],
    ["a filter by a state that the row does not have", { state: ["running"] }, false],
  ])("with %s", async (_what, filter, isListed) => {
    const found = await reading("vms", async (tx) => {
      const page = await vmEntity.list.page(tx, { first: 100, filter }, true);
      expect(page.totalCount).toBe(page.edges.length);
      const [under] = await vmEntity.under["Tenant.vms"](tx, [tenantId], { first: 100, filter }, false);
      const [among] = filter ? await vmEntity.list.among(tx, [deleted], filter) : [isListed];
      return [idsOf(page).includes(deleted), under && idsOf(under).includes(deleted), among];
    });
    expect(found).toEqual([isListed, isListed, isListed]);
  });

  it("requires its own filters for that", async () => {
    const listed = (filter: ListArguments["filter"]) =>
      reading("monitoring", async (tx) => idsOf(await alertRuleEntity.list.page(tx, { filter }, false)));
    expect(await listed({ id: [rule, id("alertRule")] })).toHaveLength(2);
    expect(await listed({ enabled: false })).toEqual([]);
    expect(await listed(undefined)).toHaveLength(rowCount - 1);
  });

  it("decides about no row without a query", () => {
    expect(() => vmEntity.list.rowFilter({})).toThrow(/no row filter/);
  });
});

describe("the page under each of several parents", () => {
  const allocations = resourceAllocationEntity.under["ClusterNode.allocations"];
  const [many, one, none] = [id("clusterNode", 3), id("clusterNode", 4), id("clusterNode", 99)];
  beforeAll(() =>
    asOwner(
      urls.url("scheduler"),
      (sql) =>
        sql`update resource_allocations set node_id = ${many} where id between ${id("resourceAllocation", 5)} and ${id("resourceAllocation", 9)}`,
    ),
  );
  const orderBy = { field: "ALLOCATED_AT", direction: "ASC" } as const;
  const ids = (...numbers: number[]) => numbers.map((number) => id("resourceAllocation", number));
  const read = (parents: readonly string[], args: ListArguments, withTotal = true) =>
    reading("scheduler", (tx) => allocations(tx, parents, { orderBy, ...args }, withTotal));
  const summaryOf = (page: Page<{ id: string }>) => [
    idsOf(page),
    page.hasPreviousPage,
    page.hasNextPage,
    page.totalCount,
  ];

  it("has its own rows, limit and count, in the order of the parents", async () => {
    expect((await read([none, many, one], { first: 2 })).map(summaryOf)).toEqual([
      [[], false, false, 0],
      [ids(3, 5), false, true, 6],
      [ids(4), false, false, 1],
    ]);
    expect((await read([many, none], { last: 2 }, false)).map(summaryOf)).toEqual([
      [ids(8, 9), true, false, null],
      [[], false, false, null],
    ]);
    expect((await read([many, one], { first: 6 })).map(summaryOf)).toEqual([
      [ids(3, 5, 6, 7, 8, 9), false, false, 6],
      [ids(4), false, false, 1],
    ]);
    expect((await read([many, none], { first: 0 })).map(summaryOf)).toEqual([
      [[], false, true, 6],
      [[], false, false, 0],
    ]);
  });

  it("begins after the same position, which the count ignores", async () => {
    const [page] = await read([many], { first: 3 });
    const after = page?.edges.at(-1)?.cursor;
    expect((await read([one, many], { first: 2, after })).map(summaryOf)).toEqual([
      [[], true, false, 1],
      [ids(7, 8), true, true, 6],
    ]);
    expect((await read([one, many], { last: 1, before: after })).map(summaryOf)).toEqual([
      [ids(4), false, true, 1],
      [ids(5), true, true, 6],
    ]);
  });
});

interface Order {
  domain: Domain;
  list: Pick<List<{ id: string }>, "page">;
  table: string;
  field: string;
  /** Values of the column's type, also beyond the limits of the column. */
  values: readonly string[];
  others: readonly string[];
}
const price = { domain: "federation", list: instancePriceEntity.list, table: "instance_prices" } as const;
const allocation = { domain: "scheduler", list: resourceAllocationEntity.list, table: "resource_allocations" } as const;
const vm = { domain: "vms", list: vmEntity.list, table: "vms" } as const;

describe.each<[string, Order]>([
  [
    "time",
    {
      ...vm,
      field: "CREATED_AT",
      values: [
        "2026-03-01 10:00:00+00",
        "2026-03-01 10:00:00.1+00",
        "2026-03-01 10:00:00.123456+00",
        "2024-02-29 23:59:59+00",
        "0001-01-01 00:00:00+00",
        "9999-12-31 23:59:59.999999+00",
      ],
      others: [
        "",
        "infinity",
        "2026-03-01",
        "2026-03-01 10:00:00",
        "2026-03-01T10:00:00+00",
        "2026-03-01 10:00:00.+00",
        "2026-03-01 10:00:00.1234567+00",
        "2026-03-01 10:00:00+01",
        "2026-03-01 10:00:00+00 x",
        "x 2026-03-01 10:00:00+00",
        "12026-03-01 10:00:00+00",
        "2026-13-01 10:00:00+00",
        "2026-02-30 10:00:00+00",
        "2026-03-01 24:00:00+00",
        "2026-03-01 10:00:60+00",
        "0000-01-01 00:00:00+00",
      ],
    },
  ],
  [
    "integer",
    {
      ...allocation,
      field: "CPU_MILLICORES",
      values: ["0", "-1", "12", "2147483647", "-2147483648"],
      others: ["", "-", "x", "1x", "x1", "1.5", "+1", "1e2", "2147483648", "-2147483649"],
    },
  ],
  [
    "bigint",
    {
      ...allocation,
      field: "MEMORY_BYTES",
      values: ["0", "-1", "2147483648", "9223372036854775807", "-9223372036854775808"],
      others: ["", "x", "9223372036854775808", "-9223372036854775809", "1".repeat(20)],
    },
  ],
  [
    "numeric",
    {
      ...price,
      field: "VCPU",
      values: ["0", "-1", "2.125", "-12.5", "9".repeat(30), `${"9".repeat(30)}.${"9".repeat(30)}`],
      others: [
        "",
        "NaN",
        "1.",
        ".5",
        "1x",
        "x1",
        "1.5.5",
        "1e400000",
        "Infinity",
        "9".repeat(31),
        `1.${"9".repeat(31)}`,
      ],
    },
  ],
  ["enum", { ...vm, field: "STATE", values: ["running", "deleted"], others: ["", "RUNNING", "lost"] }],
  ["text", { ...price, field: "INSTANCE_TYPE", values: ["", "t1", "'; --", "x".repeat(1_000)], others: ["a\0b"] }],
])("an order by a column of type %s", (_type, { domain, list, table, field, values, others }) => {
  const orderBy = { field, direction: "ASC" } as const;
  const cursorAt = (value: string) => encodeCursor({ order: `${table}.${field}`, value, id: id("vm", 9_999) });

  it("can be continued from any value, and a row is on one side of it", async () => {
    for (const value of values) {
      const cursor = cursorAt(value);
      const [before, after] = await reading(domain, async (tx) => [
        await list.page(tx, { last: 100, before: cursor, orderBy }, true),
        await list.page(tx, { first: 100, after: cursor, orderBy }, true),
      ]);
      const all = await reading(domain, (tx) => list.page(tx, { first: 100, orderBy }, true));
      expect([...idsOf(before as Page<{ id: string }>), ...idsOf(after as Page<{ id: string }>)], value).toEqual(
        idsOf(all),
      );
    }
  });

  it("refuses every other value before it reaches the database", async () => {
    for (const value of others) {
      const read = (tx: Tx, args: ListArguments) => list.page(tx, { ...args, orderBy }, false);
      await reading(domain, async (tx) => {
        const message = "is not a cursor of this list in this order.";
        await expect(read(tx, { first: 1, after: cursorAt(value) }), value).rejects.toEqual(
          new InvalidArgument("after", message),
        );
        await expect(read(tx, { last: 1, before: cursorAt(value) }), value).rejects.toEqual(
          new InvalidArgument("before", message),
        );
      });
    }
  });
});

it("an order that the list does not have is refused", async () => {
  const orderBy = { field: "SIZE", direction: "ASC" } as const;
  await expect(reading("vms", (tx) => vmEntity.list.page(tx, { orderBy }, false))).rejects.toEqual(
    new InvalidArgument("orderBy.field", "is not an order of this list."),
  );
});
