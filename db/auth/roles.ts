import { sql } from "drizzle-orm";
import { contains, during, isNull, oneOf } from "../filters.ts";
import { by, defineList } from "../list.ts";
import { lookup } from "../lookup.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { type RoleRow, roles } from "./schema/roles.ts";

const source = {
  table: roles,
  visible: sql`(${ofTenant(roles.tenantId)} or ${roles.tenantId} is null)`,
};

export const roleById = lookup<RoleRow>(source);

export const roleList = defineList<RoleRow>({
  ...source,
  filters: {
    id: oneOf(roles.id),
    name: oneOf(roles.name),
    isBuiltIn: isNull(roles.tenantId),
    createdAt: during(roles.createdAt),
    text: contains(roles.name, roles.description),
  },
  orders: { NAME: roles.name, CREATED_AT: roles.createdAt },
  defaultOrder: { field: "NAME", direction: "ASC" },
});

export const rolesOfTenant = roleList.under(by(roles.tenantId));
