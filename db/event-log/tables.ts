import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  customType,
  index,
  jsonb,
  pgPolicy,
  pgRole,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";
import { currentTenant, type Domain, serviceRole, systemPolicy } from "../columns.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
/** A transaction id that never wraps around. */
const transactionId = customType<{ data: number; driverData: string }>({
  dataType: () => "xid8",
  fromDriver: Number,
});
const eventId = (name: string) => bigint(name, { mode: "number" });

/** The outbox is a ring of this many partitions, each written for `slotSeconds`: four days, while the longest retention is three. */
export const outboxSlots = 16;
export const slotSeconds = 21_600;

/**
 * The tables of the event log, the same in every domain's database. The migration `secure_event_log` has what Drizzle cannot express (partitions, triggers,
 * functions, grants). docs/events.md describes how they work.
 */
export const eventLogTables = (domain: Domain) => ({
  /**
   * What changed, one row per event, written in the transaction of the change and read as the log. Events are read in the order of their ids. Transaction ids
   * are not in that order: docs/decisions/event-order.md.
   */
  outboxEvents: pgTable(
    "outbox_events",
    {
      /** The partition: the span of time in the ring in which the event was written. */
      slot: smallint("slot")
        .notNull()
        .default(
          sql.raw(`(floor(extract(epoch from clock_timestamp()) / ${slotSeconds})::bigint % ${outboxSlots})::smallint`),
        ),
      id: eventId("id").notNull().generatedAlwaysAsIdentity(),
      transactionId: transactionId("transaction_id")
        .notNull()
        .default(sql`pg_current_xact_id()`),
      eventId: uuid("event_id").notNull(),
      type: text("type").notNull(),
      version: smallint("version").notNull(),
      tenantId: uuid("tenant_id").notNull(),
      entityType: text("entity_type").notNull(),
      entityKey: text("entity_key").notNull(),
      entityVersion: bigint("entity_version", { mode: "number" }).notNull(),
      occurredAt: at("occurred_at")
        .notNull()
        .default(sql`clock_timestamp()`),
      actor: text("actor"),
      requestId: text("request_id"),
      payload: jsonb("payload").$type<Record<string, unknown>>().notNull(),
    },
    (table) => [
      // Reading on from a position.
      primaryKey({ columns: [table.id, table.slot] }),
      pgPolicy("append_own", {
        for: "insert",
        to: pgRole(serviceRole(domain)).existing(),
        // Events that belong to no tenant (nodes, clusters, prices) belong to the platform.
        withCheck: sql`${table.tenantId} = ${currentTenant} or ${table.tenantId} = ${sql.raw(`'${platformTenantId}'::uuid`)}`,
      }),
      systemPolicy(domain),
    ],
  ),

  /** One row: the identity of this log, and the id up to which its events were removed. */
  eventLog: pgTable(
    "event_log",
    {
      singleton: boolean("singleton").primaryKey().default(true),
      logId: uuid("log_id").notNull().defaultRandom(),
      /** The highest id that retention has removed. A reader that has read less has missed events. */
      horizonId: eventId("horizon_id").notNull().default(0),
    },
    (table) => [check("event_log_singleton_check", sql`${table.singleton}`)],
  ),

  /** One row: the id up to which the relay has announced events. */
  eventRelay: pgTable(
    "event_relay",
    {
      singleton: boolean("singleton").primaryKey().default(true),
      relayedId: eventId("relayed_id").notNull().default(0),
      relayedTransaction: transactionId("relayed_transaction")
        .notNull()
        .default(sql`'0'::xid8`),
      relayedAt: at("relayed_at").notNull().defaultNow(),
    },
    (table) => [check("event_relay_singleton_check", sql`${table.singleton}`)],
  ),

  /** The relay's position over time, at most one row a minute. It shows which events were delivered long enough ago to be removed. */
  eventRelayCheckpoints: pgTable("event_relay_checkpoints", {
    reachedAt: at("reached_at").primaryKey(),
    relayedId: eventId("relayed_id").notNull(),
  }),

  /** How far a consumer whose effects are in this database has read another database's log. Written with its effects. */
  eventConsumers: pgTable(
    "event_consumers",
    {
      consumer: text("consumer").notNull(),
      source: text("source").notNull(),
      readLog: text("read_log").notNull(),
      readTransaction: transactionId("read_transaction").notNull(),
      readId: eventId("read_id").notNull(),
      updatedAt: at("updated_at").notNull().defaultNow(),
    },
    (table) => [primaryKey({ columns: [table.consumer, table.source] })],
  ),

  /** Events that a consumer of this database has processed: a repeat is dropped. */
  consumedEvents: pgTable(
    "consumed_events",
    {
      consumer: text("consumer").notNull(),
      eventId: uuid("event_id").notNull(),
      consumedAt: at("consumed_at").notNull().defaultNow(),
    },
    (table) => [
      primaryKey({ columns: [table.consumer, table.eventId] }),
      // Removing rows that are older than any repeat can be.
      index("idx_consumed_events_consumed_at").on(table.consumedAt),
    ],
  ),
});
