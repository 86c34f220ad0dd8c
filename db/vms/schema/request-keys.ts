import { index, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { createdAt, systemPolicy, tenantId, tenantPolicy } from "../../columns.ts";

/**
 * The idempotency keys of requests that changed rows and started no operation; an operation has its key in its own row. A key is that of its actor, and is written in
 * the transaction of the change: a change that is rolled back has used no key. A job removes keys a day later.
 */
export const requestKeys = pgTable(
  "request_keys",
  {
    tenantId: tenantId(),
    actor: text("actor").notNull(),
    key: text("key").notNull(),
    /** The name of the mutation. */
    mutation: text("mutation").notNull(),
    /** The SHA-256 of the input, in hexadecimal. */
    inputHash: text("input_hash").notNull(),
    /** What the request changed or created. */
    objectId: uuid("object_id").notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.actor, table.key] }),
    // The oldest keys of all tenants, for removal.
    index("idx_request_keys_created_at").on(table.createdAt),
    tenantPolicy("vms", table.tenantId),
    // Keys of all tenants are removed together.
    systemPolicy("vms"),
  ],
);

export type RequestKeyRow = typeof requestKeys.$inferSelect;
