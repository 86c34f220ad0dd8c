import { getTableColumns, type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { maxNamedEntities } from "#events/catalogue.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import type { WriteTx } from "../client.ts";
import { append, type NewEvent } from "../event-log/append.ts";
import { columnOf } from "../rows.ts";
import { type Statement, statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { systemMetricsLatest } from "./schema/system-metrics-latest.ts";
import { type SystemMetricRow, systemMetrics } from "./schema/system-metrics.ts";
import { vmMetricsLatest } from "./schema/vm-metrics-latest.ts";
import { type VmMetricRow, vmMetrics } from "./schema/vm-metrics.ts";

/** One array per column, all of one length: the form that a bulk insert needs. Times are seconds since the epoch. */
export type SampleColumns<Row> = { readonly [Property in Exclude<keyof Row, "tenantId">]?: readonly unknown[] } & {
  readonly time: readonly number[];
};
export type VmSampleColumns = SampleColumns<VmMetricRow> & { readonly vmId: readonly string[] };
export type NodeSampleColumns = SampleColumns<SystemMetricRow> & { readonly nodeId: readonly string[] };

/** A rate over a longer gap than this says nothing about the current value. */
const longestGap = sql.raw("interval '15 minutes'");

/**
 * Writes samples of VMs, late ones too and in any order. Of two samples of one VM and time, the one written first stays. Hours that got samples are marked for
 * the rollup in the same transaction. The partitions must exist: see `ensureMetricRange`. Another statement, `refreshVmLatest`, writes the last values, so that
 * batches which overlap in time never wait for each other's rows.
 *
 * Measured with the 864,804 samples of a week, 7 metrics, against a bare COPY into the same table (224,000/s). It reaches 0.5 of that rate on one connection
 * and 0.7 to 0.8 on two, for batches of 5,000 to 20,000. Staging by COPY would write each row twice. Rows are inserted in the order of the index: its pages are
 * looked up once for all samples of a VM, which are then also stored together.
 * @returns how many samples were new
 * @throws RangeError for columns of unequal length and values that are not finite
 */
export async function insertVmSamples(tx: WriteTx, samples: VmSampleColumns): Promise<number> {
  return insertSamples(tx, vmMetrics, samples, { stream: "vm", entity: "vmId" });
}

/** Writes samples of nodes in the same way. Nodes have no tenant. */
export async function insertNodeSamples(tx: WriteTx, samples: NodeSampleColumns): Promise<number> {
  return insertSamples(tx, systemMetrics, samples, { stream: "system", entity: "nodeId" });
}

interface Stream {
  stream: "vm" | "system";
  entity: "vmId" | "nodeId";
}

const inserts = new Map<string, Statement<never>>();

/** From this many samples on, it pays to check first whether any of their entities already has samples of that time. */
const worthLooking = 1_000;
const uniqueViolation = "23505";

/** Another transaction wrote one of the samples after the check. When this transaction is retried, it sees that sample. */
class OvertakenError extends Error {
  /** serialization_failure */
  readonly code = "40001";
}

const looks = {
  vm: statement<{ overlaps: boolean }>(() => overlapSql(vmMetrics, "vm_id", sql`and ${ofTenant(vmMetrics.tenantId)}`)),
  system: statement<{ overlaps: boolean }>(() => overlapSql(systemMetrics, "node_id", sql``)),
};

const overlapSql = (table: PgTable, entity: string, andOfTenant: SQL) => sql`
  select exists (
    select from unnest(${sql.placeholder("ids")}::text::uuid[]) as wanted (id)
    cross join lateral (
      select from ${table} where ${table}.${sql.identifier(entity)} = wanted.id
        ${andOfTenant} and "time" between to_timestamp(${sql.placeholder("from")}::float8) and to_timestamp(${sql.placeholder("to")}::float8) limit 1
    ) as sample) as overlaps`;

async function overlapping(
  tx: WriteTx,
  stream: Stream["stream"],
  values: { ids: string; from: number; to: number },
): Promise<boolean> {
  return (await tx.run(looks[stream], { ...values, tenantId: tx.tenantId }))[0]?.overlaps ?? true;
}

/** Returns whether a batch has two samples of one entity and time. */
const repeats = (ids: readonly string[], times: readonly number[]): boolean =>
  new Set(times.map((time, at) => `${ids[at]}${time}`)).size < times.length;

function range(times: readonly number[]): { from: number; to: number } {
  let from = Infinity;
  let to = -Infinity;
  for (const time of times) {
    from = Math.min(from, time);
    to = Math.max(to, time);
  }
  return { from, to };
}

async function insertSamples(
  tx: WriteTx,
  table: PgTable,
  samples: SampleColumns<Record<string, unknown> & { time: Date }>,
  { stream, entity }: Stream,
): Promise<number> {
  const properties = Object.keys(samples).filter((property) => samples[property] !== undefined);
  const ids = [...new Set(samples[entity] as readonly string[])];
  const { from, to } = range(samples.time);
  const isNew =
    samples.time.length >= worthLooking &&
    !repeats(samples[entity] as readonly string[], samples.time) &&
    !(await overlapping(tx, stream, { ids: arrayLiteral(ids), from, to }));
  const key = `${stream}:${isNew}:${properties.join()}`;
  const insert = inserts.get(key) ?? statement<never>(() => insertSql(table, properties, entity, isNew));
  inserts.set(key, insert);
  const values: Record<string, unknown> = { tenantId: tx.tenantId };
  for (const property of properties) {
    const column = samples[property] as readonly unknown[];
    // `unnest` would silently pad the shorter ones with nulls.
    if (column.length !== samples.time.length) throw new RangeError(`The column ${property} has a length of its own.`);
    values[property] = arrayLiteral(column);
  }
  // Taken from the server's command tag: a RETURNING of every row costs a third of the insert.
  const written = await tx.execute(insert, values).catch((error: unknown) => {
    throw (error as { code?: unknown }).code === uniqueViolation ? new OvertakenError() : error;
  });
  if (written > 0) {
    const hours = [...new Set(samples.time.map((time) => Math.floor(time / 3_600) * 3_600))];
    await tx.execute(markDirty, { stream, tenantId: stream === "vm" ? tx.tenantId : null, hours: arrayLiteral(hours) });
    await append(tx, batchEvents(stream, ids, { written, from, to }, tx.tenantId));
  }
  return written;
}

/** Returns one event per batch. The entities of a large batch are split over several events, each within the limit of a payload. */
function batchEvents(
  stream: Stream["stream"],
  entities: readonly string[],
  { written, from, to }: { written: number; from: number; to: number },
  tenantId: string,
): NewEvent[] {
  const iso = (seconds: number) => new Date(seconds * 1_000).toISOString();
  const batch = { from: iso(from), to: iso(to), samples: written };
  return Array.from({ length: Math.ceil(entities.length / maxNamedEntities) }, (_, part): NewEvent => {
    const named = entities.slice(part * maxNamedEntities, (part + 1) * maxNamedEntities);
    return stream === "vm"
      ? { type: "vm_metrics.written", key: tenantId, payload: { ...batch, vmIds: named } }
      : {
          type: "node_metrics.written",
          key: platformTenantId,
          tenantId: platformTenantId,
          payload: { ...batch, nodeIds: named },
        };
  });
}

/**
 * Returns the text of an array. Numbers, UUIDs and null need no quotes in it, and one joined text is the cheapest form to send. Throws for NaN and the
 * infinities, which a gauge's column would accept: one of them makes every aggregate of its hour useless.
 */
const arrayLiteral = (values: readonly unknown[]): string => {
  let text = "{";
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    if (typeof value === "number" && !Number.isFinite(value)) throw new RangeError(`A sample has the value ${value}.`);
    text += `${at === 0 ? "" : ","}${value ?? "NULL"}`;
  }
  return `${text}}`;
};

/** @param isNew whether nothing conflicts: then the server need not insert speculatively and confirm each row, which is a third of its work */
function insertSql(table: PgTable, properties: readonly string[], entity: string, isNew: boolean): SQL {
  const tenant = "tenantId" in getTableColumns(table);
  const names = properties.map((property) => sql.identifier(columnOf(table, property).name));
  const arrays = properties.map((property) =>
    property === "time"
      ? sql`${sql.placeholder(property)}::text::float8[]`
      : sql`${sql.placeholder(property)}::text::${sql.raw(columnOf(table, property).getSQLType())}[]`,
  );
  const read = properties.map((property) =>
    property === "time" ? sql`to_timestamp(input.time)` : sql`input.${sql.identifier(columnOf(table, property).name)}`,
  );
  return sql`
    insert into ${table} (${join(names)}${tenant ? sql`, "tenant_id"` : sql``})
    select ${join(read)}${tenant ? sql`, ${sql.placeholder("tenantId")}::uuid` : sql``}
    from unnest(${join(arrays)}) with ordinality as input (${join(names)}, ordinality)
    order by input.${sql.identifier(columnOf(table, entity).name)}, input."time", input.ordinality
    ${isNew ? sql`` : sql`on conflict (${sql.identifier(columnOf(table, entity).name)}, "time") do nothing`}`;
}

const markDirty = statement<never>(
  () => sql`
    insert into metric_dirty_hours (stream, tenant_id, hour)
    select ${sql.placeholder("stream")}, ${sql.placeholder("tenantId")}::uuid, to_timestamp(hour)
    from unnest(${sql.placeholder("hours")}::text::float8[]) as input (hour)`,
);

const join = (parts: readonly unknown[]): SQL =>
  sql.join(
    parts.map((part) => sql`${part}`),
    sql`, `,
  );

const refreshVm = statement<{ changed: number }>(() => refreshSql(vmMetrics, vmMetricsLatest, "vm_id", true));
const refreshNode = statement<{ changed: number }>(() =>
  refreshSql(systemMetrics, systemMetricsLatest, "node_id", false),
);

/**
 * The newest sample of a VM is the first entry of its index. A partition that was filled a moment ago has no statistics. There the planner rates reading and
 * sorting all of the VM's samples as equally good. After an import, that takes seconds instead of milliseconds. The setting lasts until the transaction ends.
 */
const byIndexOrder = statement<never>(
  () => sql`select set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true)`,
);

/**
 * Sets the last values of these VMs, and the rates of their counters, from their two newest samples. A last value never goes back in time, whatever the order
 * in which transactions commit.
 */
export async function refreshVmLatest(tx: WriteTx, vmIds: readonly string[]): Promise<void> {
  await tx.run(byIndexOrder);
  await tx.run(refreshVm, { ids: inOneOrder(vmIds), tenantId: tx.tenantId });
}

export async function refreshNodeLatest(tx: WriteTx, nodeIds: readonly string[]): Promise<void> {
  await tx.run(byIndexOrder);
  await tx.run(refreshNode, { ids: inOneOrder(nodeIds) });
}

/** Transactions that lock the rows of last values in the same order cannot deadlock. */
const inOneOrder = (ids: readonly string[]): string[] => [...new Set(ids.map((id) => id.toLowerCase()))].toSorted();

function refreshSql(samples: PgTable, latest: PgTable, entity: string, tenant: boolean): SQL {
  const names = Object.values(getTableColumns(samples)).map((column) => column.name);
  const rates = Object.values(getTableColumns(latest))
    .map((column) => column.name)
    .filter((name) => name.endsWith("_per_second"));
  const all = [...names, "previous_time", ...rates];
  const own = (name: string) => sql`newest.${sql.identifier(name)}`;
  const rate = (name: string) => {
    const counter = sql.identifier(name.replace(/_per_second$/, ""));
    // A counter that decreased was reset: its value was counted since then. A counter that the sample before lacks has no rate.
    return sql`case when newest."time" - before."time" <= ${longestGap} then
      (newest.${counter} - case when newest.${counter} >= before.${counter} then before.${counter}
        when newest.${counter} < before.${counter} then 0 end)
        / extract(epoch from newest."time" - before."time")::float8 end`;
  };
  const two = (offset: number) => sql`
    select * from ${samples} where ${samples}.${sql.identifier(entity)} = wanted.id
      ${tenant ? sql`and ${ofTenant(columnOf(samples, "tenantId"))}` : sql``}
    order by "time" desc limit 1 ${sql.raw(`offset ${offset}`)}`;
  const key = tenant ? sql`"tenant_id", ${sql.identifier(entity)}` : sql`${sql.identifier(entity)}`;
  const set = all.filter((name) => name !== entity && name !== "tenant_id");
  return sql`
    with written as (
      insert into ${latest} (${join(all.map((name) => sql.identifier(name)))})
      select ${join([...names.map(own), sql`before."time"`, ...rates.map(rate)])}
      from unnest(${sql.placeholder("ids")}::uuid[]) as wanted (id)
      cross join lateral (${two(0)}) as newest
      left join lateral (${two(1)}) as before on true
      on conflict (${key}) do update set ${join(set.map((name) => sql`${sql.identifier(name)} = excluded.${sql.identifier(name)}`))}
      where excluded."time" >= ${latest}."time"
      returning 1
    )
    select count(*)::int as changed from written`;
}
