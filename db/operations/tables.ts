import { sql } from "drizzle-orm";
import {
  bigint,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import type { Failure, Leftover, OperationState, StepState } from "#lib/operations/record.ts";
import type { Json } from "#lib/operations/definition.ts";
import {
  createdAt,
  type Domain,
  domains,
  systemPolicy,
  tenantId,
  tenantPolicy,
  timestamptz,
  updatedAt,
  version,
} from "../columns.ts";

/**
 * The tables of durable operations, the same in every domain's database. The migration `secure_operations` has the grants. docs/decisions/durable-operations.md
 * describes how they work.
 */
export const operationTables = (domain: Domain) => {
  const operations = pgTable(
    "operations",
    {
      id: uuid("id").primaryKey(),
      tenantId: tenantId(),
      kind: text("kind").notNull(),
      /** The version of the definition that the operation follows to its end, whatever is deployed later. */
      definitionVersion: integer("definition_version").notNull(),
      /** The names of all steps in their order, so that an operation can be shown without its definition. */
      stepNames: jsonb("step_names").$type<string[]>().notNull().default([]),
      /** The position of the last step after which it can still be cancelled. Null: it always can. */
      lastSafePosition: smallint("last_safe_position"),
      /** The type and the id of what the operation works on: `Vm:<id>`. */
      subject: text("subject"),
      input: jsonb("input").$type<Json>().notNull(),
      actor: text("actor"),
      requestId: text("request_id"),
      /** The schedule that started the operation. */
      schedule: text("schedule"),
      idempotencyKey: text("idempotency_key"),
      state: text("state").$type<OperationState>().notNull().default("pending"),
      error: jsonb("error").$type<Failure>(),
      leftBehind: jsonb("left_behind").$type<Leftover[]>(),
      /** The state and the error with which an operation continues that was parked for want of its definition. */
      suspended: jsonb("suspended").$type<{ state: OperationState; error: Failure | null }>(),
      /** The signals that have arrived, by name. The first of a name counts. */
      signals: jsonb("signals").$type<Record<string, Json>>().notNull().default({}),
      waitingFor: text("waiting_for"),
      cancelRequestedAt: timestamptz("cancel_requested_at"),
      /** When the wait or the delay before a retry ends. */
      resumesAt: timestamptz("resumes_at"),
      /** From when on a worker may claim the operation: the end of the lease while a worker holds one. Null: only a signal or a cancel makes it claimable. */
      claimableAt: timestamptz("claimable_at").defaultNow(),
      /** The claim that holds the operation. Null while no worker does. */
      leaseId: uuid("lease_id"),
      /** Counts the claims and what their holders have recorded. A record or an effect with an older token is refused. */
      token: bigint("token", { mode: "number" }).notNull().default(0),
      createdAt: createdAt(),
      updatedAt: updatedAt(),
      endedAt: timestamptz("ended_at"),
      version: version(),
    },
    (table) => [
      // A claim reads what is due, and no operation that waits.
      index("idx_operations_claimable_at")
        .on(table.claimableAt)
        .where(sql`${table.claimableAt} is not null`),
      uniqueIndex("idx_operations_idempotency_key")
        .on(table.tenantId, table.actor, table.idempotencyKey)
        .where(sql`${table.idempotencyKey} is not null`),
      // What retention removes: operations by the time of their end, and those of each schedule.
      index("idx_operations_ended_at")
        .on(table.endedAt)
        .where(sql`${table.endedAt} is not null and ${table.state} <> 'parked'`),
      index("idx_operations_schedule")
        .on(table.schedule, table.state, table.endedAt)
        .where(sql`${table.schedule} is not null and ${table.endedAt} is not null`),
      index("idx_operations_parked")
        .on(table.kind)
        .where(sql`${table.state} = 'parked'`),
      tenantPolicy(domain, table.tenantId),
      systemPolicy(domain),
    ],
  );
  /** What was attempted of an operation: a step has a row from its first attempt on. */
  const operationSteps = pgTable(
    "operation_steps",
    {
      // Without a foreign key, whose check would cost as much as the insert: a step is written only by the statement that changes its operation.
      operationId: uuid("operation_id").notNull(),
      tenantId: tenantId(),
      position: smallint("position").notNull(),
      name: text("name").notNull(),
      state: text("state").$type<StepState>().notNull(),
      attempts: integer("attempts").notNull(),
      undoAttempts: integer("undo_attempts").notNull(),
      result: jsonb("result").$type<Json>(),
      error: jsonb("error").$type<Failure>(),
      startedAt: timestamptz("started_at").notNull().defaultNow(),
      updatedAt: updatedAt(),
    },
    (table) => [
      primaryKey({ columns: [table.operationId, table.position] }),
      tenantPolicy(domain, table.tenantId),
      systemPolicy(domain),
    ],
  );
  /** When operations start by themselves. A program stores its schedules at its start; they are the installation's, and no tenant's. */
  const operationSchedules = pgTable("operation_schedules", {
    name: text("name").primaryKey(),
    kind: text("kind").notNull(),
    cron: text("cron").notNull(),
    zone: text("zone").notNull(),
    /** When it is due next, or was when it was disabled. */
    nextAt: timestamptz("next_at"),
    /** Since when no program has the schedule any more, as far as another one noticed. */
    disabledAt: timestamptz("disabled_at"),
    /** The due time for which it last started an operation. */
    lastAt: timestamptz("last_at"),
    lastOperationId: uuid("last_operation_id"),
    /** How often it was due while its last operation still ran, so that it started the next one late. */
    skipped: integer("skipped").notNull().default(0),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    version: version(),
  });
  /** The workers of all processes, with the definitions that each knows. */
  const operationWorkers = pgTable("operation_workers", {
    id: uuid("id").primaryKey(),
    /** Kind, version and names of the steps of each definition. */
    known: jsonb("known").array().notNull(),
    /** Since when it has reported without a longer pause. Its last report is the row's last change. */
    since: timestamptz("since").notNull().defaultNow(),
    updatedAt: updatedAt(),
    version: version(),
  });
  return { operations, operationSteps, operationSchedules, operationWorkers };
};

// The roles of the policies differ between the domains; what statements name does not.
export const { operations, operationSteps, operationSchedules, operationWorkers } = operationTables(domains[0]);
