import { index, pgTable, uuid, varchar } from "drizzle-orm/pg-core";
import { createdAt, tenantId, tenantPolicy, timestamptz } from "../../columns.ts";
import { credentialKindEnum } from "./enums.ts";

/** Opens one connection in place of the session or key that it was requested with, once and within a minute. */
export const connectionTickets = pgTable(
  "connection_tickets",
  {
    ticketHash: varchar("ticket_hash", { length: 255 }).primaryKey(),
    tenantId: tenantId(),
    credentialKind: credentialKindEnum("credential_kind").notNull(),
    /** The id of a session or of a key, which may have ended since. */
    credentialId: uuid("credential_id").notNull(),
    expiresAt: timestamptz("expires_at").notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    // Tickets that were never used, for removal.
    index("idx_connection_tickets_expires_at").on(table.tenantId, table.expiresAt),
    tenantPolicy("auth", table.tenantId),
  ],
);
