import { sql } from "drizzle-orm";
import { contains, during, hasTags, is, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { vmTemplateHistory } from "./change-history.ts";
import { vmTemplates } from "./schema/vm-templates.ts";

export const vmTemplateEntity = defineEntity({
  table: vmTemplates,
  history: vmTemplateHistory,
  visible: sql`(${ofTenant(vmTemplates.tenantId)} or ${vmTemplates.isPublic})`,
  filters: {
    owner: oneOf(vmTemplates.ownerId),
    name: oneOf(vmTemplates.name),
    isPublic: is(vmTemplates.isPublic),
    tags: hasTags(vmTemplates.tags),
    createdAt: during(vmTemplates.createdAt),
    text: contains(vmTemplates.name, vmTemplates.description),
  },
  orders: { CREATED_AT: vmTemplates.createdAt, NAME: vmTemplates.name },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
  under: {
    "User.vmTemplates": by(vmTemplates.ownerId),
    "Tenant.vmTemplates": by(vmTemplates.tenantId),
  },
});
