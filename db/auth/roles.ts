import { sql } from "drizzle-orm";
import { contains, during, isNull, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { roleHistory } from "./change-history.ts";
import { roles } from "./schema/roles.ts";

export const roleEntity = defineEntity({
  table: roles,
  history: roleHistory,
  visible: sql`(${ofTenant(roles.tenantId)} or ${roles.tenantId} is null)`,
  filters: {
    id: oneOf(roles.id),
    name: oneOf(roles.name),
    isBuiltIn: isNull(roles.tenantId),
    createdAt: during(roles.createdAt),
    text: contains(roles.name, roles.description),
  },
  orders: { NAME: roles.name, CREATED_AT: roles.createdAt },
  defaultOrder: { field: "NAME", direction: "ASC" },
  under: {
    "Tenant.roles": by(roles.tenantId),
  },
});
