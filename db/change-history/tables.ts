import { sql } from "drizzle-orm";
import { bigint, check, index, jsonb, pgPolicy, pgRole, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { currentTenant, type Domain, serviceRole, systemRole, timestamptz } from "../columns.ts";

export const changeKinds = ["CREATED", "UPDATED", "DELETED"] as const;

/** By property: the value before and after the change. Empty where only the fact that it changed is recorded. */
export type RecordedFields = Readonly<Record<string, readonly [from: unknown, to: unknown] | readonly []>>;

/**
 * The change history of a domain's entities. Triggers write it in the transaction of each change; no role may write it otherwise. The migration
 * `secure_entity_changes` has what Drizzle cannot express: partitions by month, functions, grants. docs/change-history.md describes it.
 */
export const changeHistoryTables = (domain: Domain) => ({
  entityChanges: pgTable(
    "entity_changes",
    {
      id: uuid("id").notNull().defaultRandom(),
      /** Null for changes to what belongs to no tenant. */
      tenantId: uuid("tenant_id"),
      /** The name of the entity's type in the graph. */
      entityType: text("entity_type").notNull(),
      entityKey: uuid("entity_key").notNull(),
      /** The entity's own count of its writes, as in the event of the change. Null where there is no count. */
      entityVersion: bigint("entity_version", { mode: "number" }),
      kind: text("kind").$type<(typeof changeKinds)[number]>().notNull(),
      changedAt: timestamptz("changed_at").notNull(),
      actor: text("actor"),
      requestId: text("request_id"),
      operationId: uuid("operation_id"),
      fields: jsonb("fields").$type<RecordedFields>().notNull(),
    },
    (table) => [
      // The changes of an entity, newest first. Without a primary key, so that a change costs one entry in one index.
      index("idx_entity_changes_entity").on(
        table.entityKey,
        table.entityType,
        table.changedAt.desc().nullsFirst(),
        table.id.desc().nullsFirst(),
      ),
      check("entity_changes_kind_check", sql`${table.kind} in ('CREATED', 'UPDATED', 'DELETED')`),
      pgPolicy("tenant_isolation", {
        for: "select",
        to: pgRole(serviceRole(domain)).existing(),
        // The graph restricts what belongs to no tenant by role.
        using: sql`${table.tenantId} = ${currentTenant} or ${table.tenantId} is null`,
      }),
      pgPolicy("recorded_by_owner", {
        for: "insert",
        // The triggers insert as the owner of the table, who runs the migration.
        to: "current_user",
        withCheck: sql`true`,
      }),
      // Users of the platform see all tenants (`db/auth/all-tenants.ts`).
      ...(domain === "auth"
        ? [
            pgPolicy("changes_of_tenants", {
              for: "select",
              to: pgRole(systemRole(domain)).existing(),
              using: sql`${table.entityType} = 'Tenant'`,
            }),
          ]
        : []),
    ],
  ),
});
